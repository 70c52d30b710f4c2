import { describe, expect, test } from 'vitest';
import { displayUrl, parseDatabaseUrl } from '../../../src/database/url.ts';
import { isSettleError } from '../../../src/errors.ts';

function refusal(url: string): { exitCode: number; message: string; hint?: string } {
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    if (isSettleError(error)) return error;
    throw error;
  }
  throw new Error(`accepted: ${url}`);
}

describe('sqlite URLs', () => {
  test.each([
    ['sqlite:settle.db', 'settle.db'],
    ['sqlite:./data/a b.db', './data/a b.db'],
    ['sqlite:/var/lib/x.db', '/var/lib/x.db'],
    ['sqlite:///var/lib/x.db', '/var/lib/x.db'],
    ['SQLite:x%20y.db', 'x%20y.db'],
  ])('%s', (url, path) => {
    expect(parseDatabaseUrl(url)).toEqual({ kind: 'sqlite', path, displayUrl: `sqlite:${path}` });
  });

  test.each(['sqlite:', 'sqlite::memory:', 'sqlite:x.db?mode=ro', 'sqlite://x.db', 'sqlite:x.db\n'])(
    '%s is refused',
    (url) => {
      expect(refusal(url).exitCode).toBe(2);
    },
  );
});

describe('blanks and line ends, as a secret or a file may end with', () => {
  test.each(['sqlite:x.db\n', 'sqlite:x.db ', 'sqlite: x.db', 'sqlite:x.db\r\n', 'sqlite:x\u0007.db'])(
    '%j is refused',
    (url) => {
      expect(refusal(url)).toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/begins or ends with a blank|has a line end or another control character in it/),
      });
      expect(refusal(url).message).not.toContain('\n');
    },
  );

  test('before the scheme, and behind a server URL', () => {
    expect(refusal(' sqlite:x.db')).toMatchObject({ exitCode: 2, message: 'the database URL begins with a blank' });
    expect(refusal('mysql://u@h/d\n').message).toContain('has a line end');
  });
});

describe('server URLs', () => {
  test('all parts, percent-decoded', () => {
    expect(parseDatabaseUrl('mysql://us%40er:p%23%40%3A%2F%25@db.example.org:3307/my%20db')).toEqual({
      kind: 'server',
      host: 'db.example.org',
      port: 3307,
      user: 'us@er',
      password: 'p#@:/%',
      database: 'my db',
      tls: {
        caPath: undefined,
        certPath: undefined,
        keyPath: undefined,
        verifyCertificate: true,
        verifyIdentity: true,
      },
      serverKey: { kind: 'refused' },
      displayUrl: 'mysql://us%40er@db.example.org:3307/my%20db',
    });
  });

  test('the port is 3306 unless written, and mariadb: is a scheme of its own', () => {
    expect(parseDatabaseUrl('mariadb://root@127.0.0.1/settle')).toMatchObject({
      port: 3306,
      password: '',
      displayUrl: 'mariadb://root@127.0.0.1:3306/settle',
    });
  });

  test('an IPv6 address', () => {
    expect(parseDatabaseUrl('mysql://u@[::1]:3310/d')).toMatchObject({ host: '::1', port: 3310 });
  });

  test('whoever names a certificate authority gets the host checked too', () => {
    expect(parseDatabaseUrl('mysql://u@h/d?ssl-ca=ca.pem')).toMatchObject({
      tls: { caPath: 'ca.pem', verifyCertificate: true, verifyIdentity: true },
    });
    expect(parseDatabaseUrl('mysql://u@h/d?ssl-mode=required')).toMatchObject({
      tls: { caPath: undefined, verifyCertificate: false, verifyIdentity: false },
    });
    expect(parseDatabaseUrl('mysql://u@h/d?ssl-mode=verify-ca&ssl-ca=ca.pem')).toMatchObject({
      tls: { verifyCertificate: true, verifyIdentity: false },
    });
    expect(parseDatabaseUrl('mysql://u@h/d?ssl-mode=disabled')).toMatchObject({ tls: undefined });
  });

  test.each(['localhost', 'LOCALHOST.', 'db.localhost', '127.0.0.1', '127.1.2.3', '[::1]', '[::ffff:127.0.0.1]'])(
    'to this machine, %s, nothing is encrypted unless it is said',
    (host) => expect(parseDatabaseUrl(`mysql://u@${host}/d`)).toMatchObject({ tls: undefined }),
  );

  test.each(['db', 'localhost.example', '127.0.0.1.example'])('to %s, the server is known by its name', (host) => {
    expect(parseDatabaseUrl(`mysql://u@${host}/d`)).toMatchObject({ tls: { verifyIdentity: true } });
  });

  test.each(['10.0.0.5', '0.0.0.0', '[2001:db8::1]', '[::ffff:10.0.0.1]', '[::]'])(
    'to the address %s, how it is protected must be said',
    (host) => {
      expect(refusal(`mysql://u@${host}/d`)).toMatchObject({
        message: expect.stringContaining('by its address'),
        hint: expect.stringContaining('ssl-mode=disabled'),
      });
      expect(parseDatabaseUrl(`mysql://u@${host}/d?ssl-mode=disabled`)).toMatchObject({ tls: undefined });
    },
  );

  test('the key of a server: none, a file, or any', () => {
    const url = 'mysql://u@localhost/d';
    expect(parseDatabaseUrl(url)).toMatchObject({ serverKey: { kind: 'refused' } });
    expect(parseDatabaseUrl(`${url}?server-public-key=k.pem`)).toMatchObject({
      serverKey: { kind: 'pinned', path: 'k.pem' },
    });
    expect(parseDatabaseUrl(`${url}?allow-public-key-retrieval=true`)).toMatchObject({ serverKey: { kind: 'any' } });
    for (const options of [
      'allow-public-key-retrieval=yes',
      'allow-public-key-retrieval=true&server-public-key=k',
      'allow-public-key-retrieval=true&ssl-mode=required',
      'server-public-key=k&ssl-mode=required',
    ]) {
      expect(refusal(`${url}?${options}`).exitCode).toBe(2);
    }
  });

  test.each([
    'mysql://u:secret@h',
    'mysql://u:12/secret@h',
    'mysql://u:12/ab?secret@h',
    'mysql://u:12#secret@h/d',
    'mysql://u:12/secret',
    'mysql://u:12?secret',
    'mysql://:secret@h/d',
    'mysql:u:secret@h/d',
    'mysql://u:12\\secret@h/d',
    'mysql://u:se\ncret@h/d',
    'mysql://u:secret@h/d\n',
    'mysql://u:secret@h/d?secret=1',
    'u:secret@h/d',
    'secret:x@h',
    'sqlite://u:secret@h/d',
    'mysql://u:secret@h/',
    'mysql://u:secret@h/a/b',
    'mysql://u:12/secret@h/d',
    'mysql://u:secret@127.0.0.1/d?ssl-ca=x',
    'mysql://u:secret@[::1]/d?ssl-mode=verify-identity',
    'mysql://u:secret@h:99999/d',
    'mysql://u:se#cret@h/d',
    'mysql://u:secret@/d',
    'mysql://u:secret%@h/d',
    'mysql://u:secret@h/d?ssl-mode=maybe',
    'mysql://u:secret@h/d?ssl-mode=disabled&ssl-ca=x',
    'mysql://u:secret@h/d?charset=latin1',
    'postgres://u:secret@h/d',
    'secret',
    '',
  ])('%s is refused in one line that keeps the password', (url) => {
    const error = refusal(url);
    expect(error.exitCode).toBe(2);
    expect(`${error.message} ${error.hint}`).not.toMatch(/secret|\n/);
  });
});

test('displayUrl never shows the password', () => {
  expect(displayUrl('mysql://u:secret@h:1/d?ssl-mode=required')).toBe('mysql://u@h:1/d');
});

describe('answer-timeout', () => {
  test('is a number of seconds, beside other options', () => {
    const url = 'mysql://u@h:1/d?answer-timeout=60&ssl-mode=required';
    expect(parseDatabaseUrl(url)).toMatchObject({ answerSecondsMax: 60, tls: { verifyCertificate: false } });
  });

  test.each(['', '0', '-1', '1.5', '1e3', '100000', 'no'])('"%s" is refused', (text) => {
    expect(refusal(`mysql://u@h:1/d?answer-timeout=${text}`).exitCode).toBe(2);
  });
});
