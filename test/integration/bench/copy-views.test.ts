/** `copy-views` on every dialect: each view once, whatever the workers, a stop or a bad row; and copied again. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCopyTable } from '../../../src/bench/contenders/settle-copy.ts';
import { copyViews } from '../../../src/bench/copy/copy-views.ts';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { SqlValue } from '../../../src/database/values.ts';
import { viewLogTarget } from '../../../src/jobs/import/view-log-target.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';

/** A fetch of the reader, and one row; far enough apart for two partitions. */
const ROWS = 10_001;
const GAP = 10;

describe.each(sampledDatabases(import.meta.url))('copy-views on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    own = await freshPlatform(name);
    database = await openDatabase(own.url);
    const views = Array.from({ length: ROWS }, (_, i): SqlValue[] => [i * GAP - 500, i % 77, 1, null, i % 400, i % 3]);
    const edges: SqlValue[][] = [[2n ** 63n - 1n, -(2n ** 63n), 1, null, -19, 2]];
    await database.transaction((tx) => bulkInsert(tx, database.dialect, viewLogTarget, [...views, ...edges]));
    await makeCopyTable(database);
  });
  afterEach(async () => {
    await database.close();
    await own.drop();
  });

  async function copy(parameters: Record<string, string>, how: RunJobOptions = {}): Promise<JobRunResult> {
    const result = await runJob(database, copyViews, parameters, { workers: 2, ...how });
    if (result.outcome === 'failed') throw result.error;
    return result;
  }

  async function copied(): Promise<Record<string, unknown>[]> {
    return await database.knex('bench_view_amount').select('id', 'video_id', 'amount').orderBy('id');
  }

  const wanted = Array.from({ length: ROWS }, (_, i) => ({
    id: i * GAP - 500,
    video_id: i % 77,
    amount: Math.floor((i % 400) / 10) + (i % 3) * 10,
  }));
  const to = String((ROWS - 1) * GAP - 500);

  test('every view once, also after a stop; and again, over what is there', async () => {
    const stop = new AbortController();
    const stopped = await copy(
      { 'to-id': to },
      {
        chunkSize: 3000,
        signal: stop.signal,
        progress: (event) => {
          if (event.type === 'advanced') stop.abort();
        },
      },
    );
    expect(stopped.outcome).toBe('stopped');
    expect((await copied()).length).toBeLessThan(ROWS);
    expect((await copy({ 'to-id': to }, { chunkSize: 3000 })).outcome).toBe('completed');
    expect(await copied()).toEqual(wanted);

    await database.knex('bench_view_amount').update({ amount: -1 });
    const again = await copy({ 'to-id': to }, { rerun: true, workers: 1 });
    expect(await copied()).toEqual(wanted);
    const [step] = await listStepExecutions(database, again.execution.id);
    expect(step).toMatchObject({ readCount: ROWS, writeCount: ROWS, filterCount: 0, rollbackCount: 0 });
  });

  test('ids of 64 bits, and nothing where there is nothing', async () => {
    await copy({ 'from-id': '9000000000000000000' });
    expect(await copied()).toEqual([{ id: '9223372036854775807', video_id: '-9223372036854775808', amount: 19 }]);
    const result = await copy({ 'from-id': '300000', 'to-id': '400000' });
    expect(result.outcome).toBe('completed');
    expect(await copied()).toHaveLength(1);
  });

  test('a view that lacks a value is passed over and kept', async () => {
    if (database.dialect.name === 'sqlite') return;
    await database.knex.raw('ALTER TABLE view_log MODIFY play_seconds INT NULL');
    await database.knex('view_log').where('id', '>=', 99_480).whereNot({ id: 99_490 }).update({ play_seconds: null });
    await database.knex('view_log').where('id', '<', 99_480).delete();
    const result = await copy({ 'to-id': to });
    expect(result.outcome).toBe('completed-with-skips');
    expect(await copied()).toEqual([wanted.find(({ id }) => id === 99_490)]);
    const skipped = await database.knex('settle_skipped').select('phase', 'item_key').orderBy('skip_no').first();
    expect(skipped).toEqual({ phase: 'read', item_key: '99480' });
  });
});
