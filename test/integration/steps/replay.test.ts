/** Skipped records get another try, once; and old metadata is purged without a loss. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTableCounts } from '../../../src/cli/table-sizes.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { purge } from '../../../src/engine/purge.ts';
import type { ChunkStep } from '../../../src/engine/step.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listSkipped } from '../../../src/repository/skipped.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { itemStep } from '../../../src/steps/item-step.ts';
import { replaySkipped } from '../../../src/steps/replay.ts';
import { testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, itemsStep, openItemsBench, tasklet } from '../../support/items-job.ts';
import { toyJob } from '../../support/toy/toy-job.ts';

const logger = pino({ level: 'silent' });
const { signal } = new AbortController();

describe.each(testDatabases())('replay and purge on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
  });
  afterEach(() => bench.drop());

  const isBad = new Set<number>();
  const copies = (fromPayload?: (payload: string) => number): JobDefinition =>
    itemsJob(
      itemStep<number>({
        name: 'copy',
        chunkSize: 2,
        skip: { limit: 5, on: [RangeError] },
        keyOf: (item) => item,
        fromPayload,
        reader: () => {
          let next = 1;
          return { read: () => (next > 5 ? undefined : next++), saveState: () => {} };
        },
        processor: () => ({
          process: (item) => {
            if (isBad.has(item)) throw new RangeError(`item ${item} is bad`);
            return item;
          },
        }),
        writer: () => ({
          write: async (items, tx) => {
            await tx('output').insert(items.map((id) => ({ id })));
          },
        }),
      }) as ChunkStep,
    );

  test('records that have become good go through once; others wait with the new reason', async () => {
    isBad.clear();
    for (const item of [2, 4]) isBad.add(item);
    const { execution } = await bench.start(copies());
    await expect(replaySkipped(bench.database, copies(), execution, { logger, signal })).rejects.toThrow(
      'cannot replay single records',
    );
    isBad.delete(2);
    const replays = await Promise.all(
      [1, 2].map(() => replaySkipped(bench.database, copies(Number), execution, { logger, signal })),
    );
    expect(replays.map(({ replayed }) => replayed).sort()).toEqual([0, 1]);
    expect(replays[0].failed.map(({ record, error }) => [record.key, error])).toEqual([['4', 'item 4 is bad']]);
    expect(await bench.output()).toEqual([1, 2, 3, 5]);
    isBad.clear();
    expect(await replaySkipped(bench.database, copies(Number), execution, { logger, signal })).toEqual({
      replayed: 1,
      failed: [],
    });
    expect(await bench.output()).toEqual([1, 2, 3, 4, 5]);
    const kept = await listSkipped(bench.database.knex, execution.id, { limit: 10 });
    expect(kept.map(({ phase, key, replayedAt }) => [phase, key, replayedAt !== undefined])).toEqual([
      ['process', '2', true],
      ['process', '4', true],
    ]);
  });

  test('purge removes what ended long ago, and neither what did not end nor what waits', async () => {
    await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
    const old = () => new Date('2020-01-01T00:00:00Z');
    const failing = tasklet('failing', async () => {
      throw new Error('no');
    });
    isBad.clear();
    isBad.add(3);
    const day = (no: number) => ({ date: `2024-01-0${no}` });
    const toy = toyJob({ ids: 6, partitions: 3, chunkSize: 2 });
    await bench.start(toy, { now: old }, day(1));
    await bench.start(itemsJob(failing), { now: old }, day(2));
    await bench.start(itemsJob(failing), { now: old }, day(3));
    const complete = await bench.start(itemsJob(itemsStep()), { now: old }, day(3));
    const waiting = await bench.start(copies(), { now: old }, day(4));
    const recent = await bench.start(itemsJob(itemsStep()), {}, day(5));

    const before = new Date('2023-01-01T00:00:00Z');
    const dry = await purge(bench.database, { before, forget: false, dryRun: true });
    expect(dry).toMatchObject({ instances: 3, executions: 1, stepExecutions: 7 });
    expect(await listJobExecutions(bench.database, { limit: 99 })).toHaveLength(6);
    const rows = async () =>
      Object.fromEntries((await readTableCounts(bench.database)).map(({ table, rows }) => [table, rows]));
    const less = (from: Record<string, number>, gone: Record<string, number>) =>
      Object.fromEntries(Object.entries(from).map(([table, count]) => [table, count - gone[table]]));
    const predicted = less(await rows(), dry.rows);
    expect(await purge(bench.database, { before, forget: false, dryRun: false })).toEqual(dry);
    expect(await rows()).toEqual(predicted);
    expect(await purge(bench.database, { before, forget: false, dryRun: false })).toMatchObject({ instances: 0 });
    expect(await listPartitions(bench.database, 1)).toEqual([]);
    expect(await listStepExecutions(bench.database, recent.execution.id)).toHaveLength(1);
    expect(await bench.start(itemsJob(itemsStep()), {}, day(3))).toMatchObject({ outcome: 'already-complete' });

    const forgetful = await purge(bench.database, { before, forget: true, dryRun: true });
    expect(forgetful).toMatchObject({ executions: 2, rows: { BATCH_JOB_INSTANCE: 2, settle_fence: 2 } });
    const forgotten = less(await rows(), forgetful.rows);
    expect(await purge(bench.database, { before, forget: true, dryRun: false })).toEqual(forgetful);
    expect(await rows()).toEqual(forgotten);
    const left = await listJobExecutions(bench.database, { limit: 99 });
    expect(left.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'FAILED']);
    expect(left.map(({ id }) => id)).not.toContain(complete.execution.id);
    expect(await listSkipped(bench.database.knex, waiting.execution.id, { limit: 10 })).toHaveLength(1);
    expect(await bench.start(itemsJob(tasklet('failing')), {}, day(2))).toMatchObject({ outcome: 'completed' });
  });
});
