/** Work stealing: a slow partition gives up the far part of its range, whatever happens around the cut. */
import { once } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { ProgressEvent } from '../../../src/engine/progress.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { numbers, type ToyOptions, toyJob, toyOutput, toyParameters } from '../../support/toy/toy-job.ts';
import { startToyProcess } from '../../support/toy/toy-process.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const SHRINK = 'update .settle_partition. set .max_id.';
/** The first one is the plan's. */
const INSERT = 'insert into .settle_partition. ';

/** Partition 0 takes 30 ms a chunk, partition 1 next to nothing. */
const base: ToyOptions = {
  ids: 80,
  partitions: 2,
  chunkSize: 2,
  shared: { delayMs: 30, slowToId: 40 },
  step: { stealing: { rowsMin: 4 } },
};

describe.each(sampledDatabases(import.meta.url))('work stealing on $name', ({ name }) => {
  const own = useToyDatabase(name);
  let database: Database;
  beforeEach(() => {
    ({ database } = own);
  });

  const run = (options: Partial<ToyOptions> = {}, more = {}) =>
    runJob(database, toyJob({ ...base, ...options }), toyParameters, { workers: 2, ...more });

  test('an idle worker takes the far part of a slow partition; each id is written once', async () => {
    const events: ProgressEvent[] = [];
    const result = await run({}, { progress: (event: ProgressEvent) => events.push(event) });
    expect(result).toMatchObject({ outcome: 'completed' });
    expect(await toyOutput(database)).toEqual(numbers(1, 80));

    const partitions = await listPartitions(database, result.execution.jobInstanceId);
    expect(partitions.length).toBeGreaterThan(2);
    expect(partitions.every(({ status }) => status === 'COMPLETED')).toBe(true);
    const ranges = partitions.map(({ minId, maxId }) => [Number(minId), Number(maxId)]).sort(([a], [b]) => a - b);
    expect(ranges.flatMap(([from, to]) => numbers(from, to))).toEqual(numbers(1, 80));
    for (const { counts, minId, maxId, rowsExpected } of partitions) {
      expect(counts.readCount).toBe(Number(maxId - minId) + 1);
      expect(rowsExpected).toBe(counts.readCount);
    }
    expect(events.filter(({ type }) => type === 'partition-resized').length).toBe(partitions.length - 2);
    const [manager] = await listStepExecutions(database, result.execution.id);
    expect(manager).toMatchObject({ readCount: 80, writeCount: 80 });
  });

  test('a step that does not declare it keeps its ranges', async () => {
    const result = await run({ step: {} });
    expect(await listPartitions(database, result.execution.jobInstanceId)).toHaveLength(2);
  });

  test('a restart uses the ranges that a cut has left', async () => {
    const stop = new AbortController();
    const first = await run(
      {},
      {
        signal: stop.signal,
        progress: (event: ProgressEvent) => {
          if (event.type === 'partition-resized') stop.abort('SIGINT');
        },
      },
    );
    expect(first).toMatchObject({ outcome: 'stopped' });
    const before = await listPartitions(database, first.execution.jobInstanceId);
    expect(before.length).toBeGreaterThan(2);
    const second = await run({ step: {} });
    expect(second).toMatchObject({ outcome: 'completed' });
    const after = await listPartitions(database, first.execution.jobInstanceId);
    const rangeOf = ({ minId, maxId }: { minId: bigint; maxId: bigint }) => [minId, maxId];
    expect(after.map(rangeOf)).toEqual(before.map(rangeOf));
    expect(await toyOutput(database)).toEqual(numbers(1, 80));
  });

  test.each([
    ['before the cut', { SETTLE_KILL_MODE: 'before-statement', SETTLE_KILL_AT: '1', SETTLE_KILL_MATCH: SHRINK }, 2],
    ['in the cut', { SETTLE_KILL_MODE: 'before-statement', SETTLE_KILL_AT: '2', SETTLE_KILL_MATCH: INSERT }, 2],
    [
      'at the end of the cut',
      { SETTLE_KILL_MODE: 'sent-statement', SETTLE_KILL_AT: '2', SETTLE_KILL_MATCH: INSERT },
      2,
    ],
    ['after the cut', undefined, 3],
  ])('a process killed %s is gone on from what was stored', async (_when, kill, partitionsMin) => {
    const killSwitch = new URL('../../support/kill-switch.ts', import.meta.url).href;
    const env = kill && { ...kill, NODE_OPTIONS: `--import=${killSwitch}`, SETTLE_DATABASE_URL: database.url };
    const toy = await startToyProcess(database.url, { ...base, workers: 2, env });
    const exited = once(toy.child, 'exit');
    toy.run();
    if (kill === undefined) {
      await toy.said('resized');
      await toy.kill();
    }
    expect(await exited).toEqual([null, 'SIGKILL']);
    const [{ jobInstanceId }] = await listJobExecutions(database, { limit: 1 });
    expect((await listPartitions(database, jobInstanceId)).length).toBeGreaterThanOrEqual(partitionsMin);

    expect(await run({ step: {} })).toMatchObject({ outcome: 'completed' });
    expect(await toyOutput(database)).toEqual(numbers(1, 80));
    const partitions = await listPartitions(database, jobInstanceId);
    const ids = partitions.flatMap(({ minId, maxId }) => numbers(Number(minId), Number(maxId)));
    expect(ids.sort((a, b) => a - b)).toEqual(numbers(1, 80));
    expect(partitions.map(({ minId, maxId, counts }) => counts.readCount - Number(maxId - minId) - 1)).toEqual(
      partitions.map(() => 0),
    );
  });
});
