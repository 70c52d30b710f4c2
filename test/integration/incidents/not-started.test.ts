/** A database that is away when a run starts: the log and the termination message name job and date, and no stack. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';

test('a database that is away at the start: a record `job ended`, a termination message with job and date', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-away-'));
  const file = join(folder, 'termination');
  try {
    // Nobody listens on port 1.
    const { code, stderr } = await runSettle(['--date', DATE], {
      url: 'mysql://root@127.0.0.1:1/settle',
      env: { SETTLE_LOG: 'warn', SETTLE_LOG_FORMAT: 'json', SETTLE_TERMINATION_LOG: file },
    });
    expect(code).toBe(1);
    const records = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(records.at(-1)).toMatchObject({
      ...{ level: 'error', msg: 'job ended', job: 'daily', businessDate: DATE, status: 'NOT STARTED' },
      code: expect.any(String),
      reason: expect.any(String),
    });
    expect(records.filter(({ msg }) => msg === 'job ended')).toHaveLength(1);
    expect(stderr).not.toMatch(/ {4}at /);
    const message = JSON.parse(readFileSync(file, 'utf8'));
    expect(message).toMatchObject({ exitCode: 1, job: 'daily', businessDate: DATE, message: expect.any(String) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a lost table of the platform is no old schema', async () => {
  const database = await freshPlatform('sqlite');
  try {
    const open = await openDatabase(database.url);
    await open.knex.schema.dropTable('view_log');
    await open.close();
    const { code, stderr } = await runSettle(['--date', DATE], { url: database.url, env: { SETTLE_LOG: 'warn' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^settle: the database lacks a table: .*view_log.*comes back from a backup\.$/m);
    expect(stderr).not.toMatch(/ {4}at /);
  } finally {
    await database.drop();
  }
});
