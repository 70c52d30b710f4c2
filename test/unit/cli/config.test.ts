import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  test('have defaults', () => {
    expect(loadSettings({}, {})).toMatchObject({
      databaseUrl: 'sqlite:settle.db',
      databaseUrlSource: 'default',
      zone: 'Asia/Seoul',
      workers: undefined,
    });
  });

  test('come from flags before the environment before the file', () => {
    const config = file('{"databaseUrl":"sqlite:file.db","logLevel":"error","zone":"Europe/Paris","workers":3}');
    expect(loadSettings({ config }, {})).toMatchObject({
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
    const settings = loadSettings({ config, logLevel: 'debug' }, environment);
    expect(settings).toMatchObject({ databaseUrl: 'sqlite:env.db', logLevel: 'debug', zone: 'UTC', workers: 2 });
  });

  test('take an empty variable for an absent one', () => {
    expect(loadSettings({}, { SETTLE_DATABASE_URL: '' }).databaseUrl).toBe('sqlite:settle.db');
  });

  test.each([
    ['{', /is not JSON/],
    ['[]', /one JSON object/],
    ['{"databaseURL":"x"}', /unknown key "databaseURL"/],
    ['{"databaseUrl":5}', /"databaseUrl" in the config file must be text/],
    ['{"workers":0}', /workers must be a whole number of at least 1/],
    ['{"logFormat":"xml"}', /unknown log format "xml"/],
  ])('refuse the file %s', (content, message) => {
    const config = file(content);
    expect(() => loadSettings({ config }, {})).toThrow(expect.objectContaining({ exitCode: ExitCode.usage }));
    expect(() => loadSettings({ config }, {})).toThrow(message);
  });

  test('refuse a file that was named and is not there', () => {
    expect(() => loadSettings({ config: join(folder, 'absent.json') }, {})).toThrow(/cannot read the config file/);
  });
});

test.each(['0', '-1', '1.5', '', 'two', '1e3', 1.5, null])('%j is no count', (value) => {
  expect(() => positive('--workers', value)).toThrow('--workers must be a whole number of at least 1');
});
