/** The skip limit of a date, what was skipped, another try for it, and purging, by the command line. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))('skipped records on $name', ({ name }) => {
  let place: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: place.url });
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

  beforeAll(async () => {
    place = await freshPlatform(name);
    const options = ['--videos', '50', '--viewers', '90', '--invalid-rate', '0.01', '--seed', '5'];
    expect(await run('seed', '--rows', '2000', '--date', DATE, ...options)).toMatchObject({ code: 0 });
  });
  afterAll(() => place.drop());

  test('more invalid rows than the limit fail the date; a higher limit completes it', async () => {
    const limited = await run('--date', DATE, '-p', 'skip-limit=3');
    expect(limited.code).toBe(1);
    expect(limited.stderr).toMatch(/the date has \d+ invalid rows or more, and the skip limit is 3/);
    expect((await run('stats', '--date', DATE, '--format', 'csv')).stdout.trim().split('\n')).toHaveLength(1);
    expect(await run('--date', DATE, '-p', 'skip-limit=x')).toMatchObject({ code: 2 });
    expect(await run('--date', DATE, '-p', 'skip-limit=100')).toMatchObject({ code: 3 });
  });

  test('corrected rows count after a replay', async () => {
    const { id, verdicts } = await json('show', '--last');
    const skipped = await json('skipped', String(id));
    expect(skipped).toHaveLength(verdicts.invalid);
    expect(verdicts.invalid).toBeGreaterThan(3);
    const database = await openDatabase(place.url);
    try {
      const ids = skipped.map(({ rowId }: { rowId: number }) => rowId);
      await database.knex('view_log').whereIn('id', ids).update({ play_seconds: 1, ad_views: 0, video_id: 1 });
    } finally {
      await database.close();
    }
    const replayed = await run('replay', String(id));
    expect(replayed.code, replayed.stderr).toBe(0);
    expect(await json('show', '--last')).toMatchObject({ verdicts: { invalid: 0 }, status: 'COMPLETED' });
    expect(await run('verify', '--date', DATE)).toMatchObject({ code: 0 });
    expect((await run('replay', String(id))).stdout).toBe('nothing waits to be replayed\n');
  });

  test('purge leaves alone what is young, and says what it would remove of what is old', async () => {
    const young = { instances: 0, executions: 0, stepExecutions: 0 };
    expect(await json('purge', '--days', '1')).toMatchObject({ dryRun: false, ...young });
    const database = await openDatabase(place.url);
    try {
      await database.knex('BATCH_JOB_EXECUTION').update({ LAST_UPDATED: '2020-01-01 00:00:00.000000' });
    } finally {
      await database.close();
    }
    const dry = await json('purge', '--days', '400', '--dry-run');
    expect(dry).toMatchObject({ dryRun: true, instances: 3 });
    expect(await json('purge', '--days', '400')).toMatchObject({
      dryRun: false,
      instances: dry.instances,
      executions: dry.executions,
      stepExecutions: dry.stepExecutions,
    });
    expect(await run('--date', DATE)).toMatchObject({ code: 0, stderr: expect.stringContaining('already complete') });
  });
});
