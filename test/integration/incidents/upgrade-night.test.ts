/**
 * The night of an upgrade: the new program on the old schema. Whoever is woken up sees what runs and frees what hangs
 * before anything is migrated; what would write is refused.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { restoreRelease } from '../../support/released.ts';
import { runSettle } from '../../support/run-settle.ts';

const places = testDatabases().filter(({ name }) => name !== 'mysql');

describe.each(places)('an older schema on $name', ({ name }) => {
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url, env: { SETTLE_LOG: 'warn' } });

  beforeAll(async () => {
    database = await freshDatabase(name);
    await restoreRelease(database, '0.1.0');
  });
  afterAll(() => database.drop());

  test('is read by what reads, and said to be old', async () => {
    const notice =
      'the schema is of an older settle: this command reads it as it is. Run `settle migrate` before the next run.';
    const commands = [
      ['runs'],
      ['runs', '--summary'],
      ['dates', '--from', '2026-11-17', '--to', '2026-11-21'],
      ['show', '8'],
      ['skipped', '5'],
      ['stats', '--date', '2026-11-18'],
      ['settlement', '--date', '2026-11-18'],
      ['explain', 'balance', '--user', '1'],
    ];
    for (const command of commands) {
      const { code, stderr, stdout } = await run(...command);
      expect({ command, code, stderr: stderr.trim() }).toEqual({ command, code: 0, stderr: `settle: ${notice}` });
      expect(stdout).not.toBe('');
    }
  });

  test('is not written: a run is refused with exit code 10, and --dry-run says what would be applied', async () => {
    const refused = await run('--date', '2026-11-20');
    expect(refused.code).toBe(10);
    expect(refused.stderr).toMatch(/lacks \d+ migrations\. run: settle migrate\.$/m);
    const planned = await run('migrate', '--dry-run');
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.stdout).toMatch(/^would apply {2}0\d{3}_/);
    expect((await run('migrate', '--status')).code).toBe(10);
  });

  test('a dead run is freed before the upgrade, and finished after it', async () => {
    const shown = await run('runs', '--limit', '1');
    expect(shown.stdout).toMatch(/no heartbeat for .*: settle recover/);
    const freed = await run('recover');
    expect(freed.stdout).toContain('settle restart 8');
    expect((await run('migrate')).code).toBe(0);
    expect((await run('restart', '8')).code).toBe(3);
    expect((await run('verify', '--date', '2026-11-20')).code).toBe(0);
  });

  test('rows set aside are counted by reason, with the place to correct them; purge leaves the rows that --dry-run said', async () => {
    const skipped = await run('skipped', '5');
    expect(skipped.stdout).toMatch(/^reason +records +correct in$/m);
    expect(skipped.stdout).toContain('video: add the row of the video (`settle import videos FILE`)');
    expect(skipped.stdout).toContain('settle replay 5');
    const grants = await run('skipped', '3');
    expect(grants.stdout).toMatch(/grants\.csv: correct the lines/);
    const { tables, largest } = JSON.parse((await run('purge', '--days', '1', '--dry-run', '--json')).stdout);
    const executions = tables.find(({ table }: { table: string }) => table === 'BATCH_JOB_EXECUTION');
    expect(executions.before).toBeGreaterThan(7);
    expect(largest.length).toBeGreaterThan(3);
    const purged = await run('purge', '--days', '1', '--compact', '--json');
    expect(JSON.parse(purged.stdout).tables).toEqual(tables);
  });
});
