/** A false server between settle and the database, or in its place, learns no password and no file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { isSettleError, type SettleError } from '../../../src/errors.ts';
import { createUser } from '../../support/database-user.ts';
import { administer, freshDatabase, serverDatabases } from '../../support/databases.ts';
import {
  askForFile,
  type FalseServer,
  type FalseServerOptions,
  moreData,
  nativeProof,
  OK,
  startFalseServer,
  switchTo,
} from '../../support/false-server.ts';
import { makeCertificates } from '../../support/servers/tls-mariadb.ts';

const PASSWORD = 'Hunter2-ÄÖ-of-the-victim';
const FULL_AUTHENTICATION = moreData(Buffer.from([4]));
const folder = mkdtempSync(join(tmpdir(), 'settle-false-'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: FalseServer;
afterEach(() => server?.stop());

/** What opening the database says; undefined when it was opened. */
async function attempt(options: FalseServerOptions, query = ''): Promise<SettleError | undefined> {
  server = await startFalseServer(options);
  const url = `mysql://victim:${encodeURIComponent(PASSWORD)}@localhost:${server.port}/platform${query}`;
  try {
    await (await openDatabase(url)).close();
    return undefined;
  } catch (error) {
    expect(isSettleError(error)).toBe(true);
    expect(`${(error as SettleError).message} ${(error as SettleError).hint}`).not.toContain('Hunter2');
    return error as SettleError;
  }
}

/** Asks for the key exchange of caching_sha2_password, and sends its own key to whoever wants it. */
const keyExchange: FalseServerOptions = {
  plugin: 'caching_sha2_password',
  answer: (index, packet) => {
    if (index === 0) return switchTo('caching_sha2_password');
    if (index === 1) return FULL_AUTHENTICATION;
    return packet.equals(Buffer.from([2])) ? moreData(server.publicKey) : OK;
  },
};
const sha256KeyExchange: FalseServerOptions = {
  plugin: 'sha256_password',
  answer: (index, packet) => {
    if (index === 0) return switchTo('sha256_password');
    return packet.equals(Buffer.from([1])) ? moreData(server.publicKey) : OK;
  },
};

describe('without TLS', () => {
  test.each([
    ['caching_sha2_password', keyExchange],
    ['sha256_password', sha256KeyExchange],
  ])('a server that wants the password by a key of its own is not even asked for it: %s', async (_plugin, options) => {
    const error = await attempt(options);
    expect(error).toMatchObject({ exitCode: 2, hint: expect.stringContaining('server-public-key=FILE') });
    expect(server.packets.some((packet) => packet.length === 1)).toBe(false);
    expect(server.knows('Hunter2')).toBe(false);
  });

  test('the thief can open what he gets: with the word of the URL he does', async () => {
    await attempt(keyExchange, '?allow-public-key-retrieval=true');
    expect(server.knows(PASSWORD)).toBe(true);
    await server.stop();
    await attempt(sha256KeyExchange, '?allow-public-key-retrieval=true');
    expect(server.knows(PASSWORD)).toBe(true);
  });

  test('a pinned key is used, and no other one', async () => {
    const pinned = join(folder, 'pinned.pem');
    const other = await startFalseServer(keyExchange);
    writeFileSync(pinned, other.publicKey);
    await other.stop();
    await attempt(keyExchange, `?server-public-key=${pinned}`);
    // It was sent, and only its owner can open it.
    expect(server.packets.some((packet) => packet.length === 256)).toBe(true);
    expect(server.knows(PASSWORD)).toBe(false);
  });

  test('the full authentication at once, before any plugin was chosen', async () => {
    const error = await attempt({ plugin: 'caching_sha2_password', answer: () => FULL_AUTHENTICATION });
    expect(error).toBeDefined();
    expect(server.knows('Hunter2')).toBe(false);
  });

  test.each(['mysql_clear_password', 'dialog', 'toString', '__proto__', 'auth_\u001b[31mred'])(
    'the password as it is: %j',
    async (plugin) => {
      for (const greet of [plugin, 'mysql_native_password']) {
        const error = await attempt({ plugin: greet, answer: (index) => (index === 0 ? switchTo(plugin) : OK) });
        expect(error).toMatchObject({ exitCode: 2 });
        expect(server.knows('Hunter2')).toBe(false);
        await server.stop();
      }
    },
  );

  test('the old way of MySQL 4.0 is refused', async () => {
    const error = await attempt({ answer: () => Buffer.from([0xfe]) });
    expect(error).toBeDefined();
    expect(server.packets.length).toBe(1);
    expect(server.packets[0].includes(nativeProof(PASSWORD))).toBe(true);
  });
});

test('no file is offered, and none is given to a server that asks', async () => {
  const file = join(folder, 'file-of-the-victim');
  writeFileSync(file, 'Hunter4-in-a-file');
  const error = await attempt({ answer: (index) => (index === 0 ? OK : askForFile(file)) });
  expect(error).toBeDefined();
  // LOCAL_FILES of the client's capabilities.
  expect(server.packets[0].readUInt32LE(0) & 0x80).toBe(0);
  expect(server.packets.length).toBeGreaterThan(1);
  expect(server.knows('Hunter4')).toBe(false);
});

describe('with TLS', () => {
  test.each(['required', 'verify-ca', 'verify-identity'])(
    'a server that says it knows no TLS is told nothing under %s',
    async (mode) => {
      const error = await attempt({ answer: () => OK }, `?ssl-mode=${mode}`);
      expect(error).toMatchObject({ exitCode: 2 });
      expect(server.packets).toEqual([]);
    },
  );

  test.each(['', '?ssl-mode=verify-ca', '?ssl-mode=verify-identity'])(
    'a certificate that nobody knows gets no password: %j',
    async (query) => {
      const { cert, key } = await makeCertificates(folder, 'localhost');
      const tls = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
      const answer = (index: number) => (index === 0 ? switchTo('mysql_clear_password') : OK);
      const error = await attempt({ tls, answer }, query === '' ? `?ssl-cert=${cert}&ssl-key=${key}` : query);
      expect(error).toMatchObject({ exitCode: 2 });
      // The request for TLS, and nothing behind it.
      expect(server.packets.map(({ length }) => length)).toEqual([32]);
      expect(server.knows('Hunter2')).toBe(false);
    },
  );
});

test.each(serverDatabases())(
  'a user of $name with a password is let in by TLS, by its key, by the word of the URL',
  async ({ name }) => {
    const bench = await freshDatabase(name);
    // MySQL asks for the whole password until it has it in its memory, which FLUSH PRIVILEGES empties.
    const forget = () => administer(name, 'FLUSH PRIVILEGES');
    const user = await createUser(bench, PASSWORD);
    await user.grant(['SELECT']);
    const open = async (query: string) => {
      const url = new URL(user.url);
      url.search = query;
      await (await openDatabase(url.href)).close();
    };
    try {
      if (name === 'mysql') {
        await forget();
        await expect(open('')).rejects.toMatchObject({
          exitCode: 2,
          hint: expect.stringContaining('server-public-key'),
        });
        const key = join(folder, 'mysql.pem');
        const admin = await openDatabase(bench.url);
        const [[row]] = await admin.knex.raw("SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key'");
        await admin.close();
        writeFileSync(key, row.Value);
        await open(`?server-public-key=${key}`);
        await forget();
        await open('?ssl-mode=required');
        await forget();
        await open('?allow-public-key-retrieval=true');
      }
      await open('');
    } finally {
      await user.drop();
      await bench.drop();
    }
  },
);
