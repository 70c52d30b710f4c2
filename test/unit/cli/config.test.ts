import { chmodSync, chownSync, lchownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadSettings, positive } from '../../../src/cli/config.ts';
import { ExitCode } from '../../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, content);
  return path;
}

describe('settings', () => {
  test('have defaults', async () => {
    expect(await loadSettings({}, {})).toMatchObject({
      databaseUrl: 'sqlite:settle.db',
      databaseUrlSource: 'default',
      zone: 'Asia/Seoul',
      workers: undefined,
    });
  });

  test('come from flags before the environment before the file', async () => {
    const config = file('{"databaseUrl":"sqlite:file.db","logLevel":"error","zone":"Europe/Paris","workers":3}');
    expect(await loadSettings({ config }, {})).toMatchObject({
      databaseUrl: 'sqlite:file.db',
      logLevel: 'error',
      workers: 3,
    });
    const environment = {
      SETTLE_DATABASE_URL: 'sqlite:env.db',
      SETTLE_LOG: 'info',
      SETTLE_ZONE: 'UTC',
      SETTLE_WORKERS: '2',
    };
    const settings = await loadSettings({ config, logLevel: 'debug' }, environment);
    expect(settings).toMatchObject({ databaseUrl: 'sqlite:env.db', logLevel: 'debug', zone: 'UTC', workers: 2 });
  });

  test('take an empty variable for an absent one', async () => {
    expect((await loadSettings({}, { SETTLE_DATABASE_URL: '' })).databaseUrl).toBe('sqlite:settle.db');
  });

  test.each([
    ['{', /is not JSON/],
    ['[]', /one JSON object/],
    ['{"databaseURL":"x"}', /unknown key "databaseURL"/],
    ['{"databaseUrl":5}', /"databaseUrl" in the config file must be text, this number is none/],
    ['{"databaseUrl":["x"]}', /"databaseUrl" in the config file must be text, this list is none/],
    ['{"workers":0}', /"workers" in the config file must be a whole number of at least 1, this number is none/],
    ['{"workers":null}', /"workers" in the config file must be a whole number of at least 1, null is none/],
    ['{"chunk":1.5}', /"chunk" in the config file must be a whole number of at least 1, this number is none/],
    ['{"logFormat":"xml"}', /"logFormat" in the config file must be one of json, text/],
    ['{"zone":"Asia/Soul"}', /"zone" in the config file is no time zone/],
    ['{"views":"plays"}', /"views" in the config file must be { table, columns }, this text is none/],
    ['{"views":{"columns":{}}}', /"views.table" in the config file is missing/],
    [
      '{"proofs":{"table":"p","key":"id"}}',
      /"proofs" in the config file must be { table, columns }, and holds something/,
    ],
    ['{"views":{"table":"p","columns":{"id":5}}}', /"views.columns.id" in the config file must be text, this number/],
    ['{"platform":false,"videos":{"table":"p"}}', /"videos" in the config file maps a table of the platform/],
    ['{"workers":1,"mysql://u:p@h":1}', /unknown key number 2 in the config file/],
  ])('refuse the file %s', async (content, message) => {
    const config = file(content);
    await expect(loadSettings({ config }, {})).rejects.toThrow(expect.objectContaining({ exitCode: ExitCode.usage }));
    await expect(loadSettings({ config }, {})).rejects.toThrow(message);
  });

  test('take the URL of a database from a file of its own, without its line end', async () => {
    const path = file('sqlite:secret.db\n');
    const inFile = file(JSON.stringify({ databaseUrlFile: path }));
    expect((await loadSettings({ config: inFile }, {})).databaseUrl).toBe('sqlite:secret.db');
    const environment = { SETTLE_DATABASE_URL_FILE: path };
    expect(await loadSettings({ config: file('{"databaseUrl":"sqlite:x.db"}') }, environment)).toMatchObject({
      databaseUrl: 'sqlite:secret.db',
      databaseUrlSource: 'SETTLE_DATABASE_URL_FILE',
    });
    expect((await loadSettings({}, { ...environment, SETTLE_DATABASE_URL: 'sqlite:y.db\r\n' })).databaseUrl).toBe(
      'sqlite:y.db',
    );
    await expect(loadSettings({}, { SETTLE_DATABASE_URL_FILE: file('') })).rejects.toThrow(/is empty/);
    await expect(loadSettings({}, { SETTLE_DATABASE_URL_FILE: folder })).rejects.toThrow(/is no file/);
    await expect(loadSettings({}, { SETTLE_DATABASE_URL_FILE: join(folder, 'absent') })).rejects.toThrow(
      /cannot read.*ENOENT/,
    );
  });

  test('take a config file that begins with a byte order mark', async () => {
    expect((await loadSettings({ config: file('\ufeff{"workers":3}') }, {})).workers).toBe(3);
  });

  test('refuse a config file of more than a megabyte before it is read', async () => {
    await expect(loadSettings({ config: file(' '.repeat(1_000_001)) }, {})).rejects.toThrow(
      /longer than 1000000 bytes/,
    );
  });

  const canChown = process.getuid?.() === 0;
  test.each([0o664, 0o646, 0o666])('refuse a file that others may write: %o', async (mode) => {
    for (const content of ['{}', 'sqlite:x.db']) {
      const path = file(content);
      chmodSync(path, mode);
      const load = () =>
        content === '{}' ? loadSettings({ config: path }, {}) : loadSettings({}, { SETTLE_DATABASE_URL_FILE: path });
      await expect(load()).rejects.toThrow(
        expect.objectContaining({ exitCode: ExitCode.usage, hint: `\`chmod go-w ${path}\` mends it` }),
      );
      chmodSync(path, 0o644);
      await expect(load()).resolves.toBeDefined();
    }
  });

  test.runIf(canChown)('refuse a file, or a link to one, of another user', async () => {
    const path = file('{}');
    chownSync(path, 65_534, 65_534);
    await expect(loadSettings({ config: path }, {})).rejects.toThrow(/belongs to another user/);
    const link = join(folder, 'link.json');
    symlinkSync(file('{}'), link);
    await expect(loadSettings({ config: link }, {})).resolves.toBeDefined();
    lchownSync(link, 65_534, 65_534);
    await expect(loadSettings({ config: link }, {})).rejects.toThrow(/belongs to another user/);
  });

  test('refuse a file that was named and is not there', async () => {
    await expect(loadSettings({ config: join(folder, 'absent.json') }, {})).rejects.toThrow(
      /cannot read the config file/,
    );
  });
});

test.each(['0', '-1', '1.5', '', 'two', '1e3'])('%j is no count', async (value) => {
  expect(() => positive('--workers', value)).toThrow('--workers must be a whole number of at least 1');
});
