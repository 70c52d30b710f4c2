/**
 * Dates whose views are nearly all left open by the partitions: the buckets of open views are decided on threads, by
 * workers of other processes, and on through kills, and the result is the naive pass's each time.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import {
  countOpenOfDay,
  insertPartials,
  insertVerdicts,
  mergePartition,
} from '../../../src/jobs/views/statistics/partial-store.ts';
import { resolveStep } from '../../../src/jobs/views/statistics/resolve-plan.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { planJob } from '../../../src/steps/plan-job.ts';
import { type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { sampledDatabases, sampledServers } from '../../support/databases.ts';
import { type KillPoint, runKilled, runThroughKills } from '../../support/kill-run.ts';
import { startSettle } from '../../support/run-settle.ts';
import { type Bench, expectAsOracle, leftOvers, openBench } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
const log = buildLog('shuffled', 58, 6000, date, zone);
const buckets = 6;

/** Fails between the statistics and the merge; returns how many views the merge has to decide. */
async function runUpToMerge(database: Database): Promise<number> {
  const beforeStep = () => {
    throw new Error('before the merge');
  };
  const job: JobDefinition = {
    ...dailyJob,
    steps: dailyJob.steps.map((step) => (step.name === resolveStep ? { ...step, listeners: { beforeStep } } : step)),
  };
  const { outcome, execution } = await runJob(
    database,
    job,
    { date, zone },
    { workers: 1, partitions: buckets, chunkSize: 300 },
  );
  expect(outcome).toBe('failed');
  const found = await countOpenOfDay(database.knex, execution.jobInstanceId);
  expect(found?.open).toBeGreaterThan(1500);
  return found?.open ?? 0;
}

/** Asserts that each view was decided by one commit; returns what became of the partitions. */
async function requireDecidedOnce(database: Database, jobInstanceId: number, open: number) {
  const partitions = await listPartitions(database, jobInstanceId, resolveStep);
  const sum = (of: 'readCount' | 'writeCount' | 'filterCount') =>
    partitions.reduce((total, { counts }) => total + counts[of], 0);
  expect(sum('readCount')).toBe(open);
  expect(sum('writeCount') + sum('filterCount')).toBe(open);
  expect(partitions.reduce((total, { rowsExpected }) => total + rowsExpected, 0)).toBe(open);
  return partitions;
}

describe.each(sampledDatabases(import.meta.url))('a date of open views on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  const shapes: readonly [string, RunJobOptions, number][] = [
    ['one thread, a bucket a chunk', { workers: 1, partitions: 2, chunkSize: 1 }, 2],
    ['two threads', { workers: 2, partitions: buckets }, buckets],
    ['the thread of the run', { workers: 2 }, 1],
  ];
  it.each(shapes)('equals the naive pass: %s', async (_, options, planned) => {
    bench = await openBench(name, log);
    const { database } = bench;
    const open = await runUpToMerge(database);
    const { execution, error } = await runJob(database, dailyJob, { date, zone }, options);
    expect(error).toBeUndefined();
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
    const partitions = await requireDecidedOnce(database, execution.jobInstanceId, open);
    expect(partitions).toHaveLength(planned);
    // A bucket is decided as a whole: with the smallest chunks there is a commit for each.
    const commits = partitions.reduce((total, { counts }) => total + counts.commitCount, 0);
    expect(commits).toBe(options.chunkSize === 1 ? buckets : planned);
    const steps = await listStepExecutions(database, execution.id);
    expect(steps.find(({ stepName }) => stepName === resolveStep)?.readCount).toBe(open);
  });

  it('fails in the thread of the run as in any other, and goes on from there', async () => {
    bench = await openBench(name, log);
    const { database } = bench;
    const open = await runUpToMerge(database);
    const bodies = () => database.knex('settle_partial').where({ kind: 'open', bucket: 0 });
    const [kept] = await bodies().orderBy(['partition_no', 'chunk_no']);
    const { partition_no, chunk_no } = kept;
    const replace = (body: Buffer) => bodies().where({ partition_no, chunk_no }).update({ body });
    await replace(Buffer.from('no views'));
    const failed = await runJob(database, dailyJob, { date, zone }, { workers: 1 });
    expect(failed).toMatchObject({ outcome: 'failed', exitCode: 1 });
    const [partition] = await listPartitions(database, failed.execution.jobInstanceId, resolveStep);
    expect(partition).toMatchObject({ status: 'FAILED', counts: { readCount: 0 } });
    await replace(kept.body);
    expect((await runJob(database, dailyJob, { date, zone }, { workers: 1 })).error).toBeUndefined();
    await expectAsOracle(database, log, date, zone);
    await requireDecidedOnce(database, failed.execution.jobInstanceId, open);
  });

  it('starts anew after a version that had merged some buckets in one step without partitions', async () => {
    bench = await openBench(name, log);
    const { database } = bench;
    const open = await runUpToMerge(database);
    const [{ job_instance_id }] = await database
      .knex('BATCH_JOB_INSTANCE as i')
      .select({ job_instance_id: 'i.JOB_INSTANCE_ID' });
    const key = { jobInstanceId: Number(job_instance_id), partition: mergePartition, chunk: 0 };
    await database.transaction(async (tx) => {
      // Video 1 with a view too many.
      const body = Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9]);
      await insertPartials(database, tx, key, 'sums', [{ bucket: 0, body }]);
      const none = { undated: 0, outside: 0, invalid: 0, self: 0, repeat: 0 };
      await insertVerdicts(tx, key, { ...none, counted: 1 }, -1);
    });
    const { execution, error } = await runJob(database, dailyJob, { date, zone }, { workers: 1 });
    expect(error).toBeUndefined();
    await expectAsOracle(database, log, date, zone);
    await requireDecidedOnce(database, execution.jobInstanceId, open);
  });

  it('plans again after a version without partitions has merged behind a plan', async () => {
    bench = await openBench(name, log);
    const { database } = bench;
    const open = await runUpToMerge(database);
    const match = '^insert into .settle_partial_verdicts';
    const args = ['--date', date, '--zone', zone, '--workers', '1', '--partitions', '2', '--chunk', '1'];
    expect((await runKilled(args, bench.test.url, { mode: 'before-statement', at: 3, match })).killed).toBe(true);
    const merged = () => database.knex('settle_partial_verdicts').where({ partition_no: mergePartition });
    expect(await merged()).toHaveLength(2);
    // As it removes what is there, begins, and dies.
    await merged().where({ chunk_no: 1 }).delete();
    await database.knex('settle_partial').where({ partition_no: mergePartition, chunk_no: 1 }).delete();
    const { execution, error } = await runJob(database, dailyJob, { date, zone }, { workers: 1 });
    expect(error).toBeUndefined();
    await expectAsOracle(database, log, date, zone);
    await requireDecidedOnce(database, execution.jobInstanceId, open);
  });

  it('goes on after the last bucket that was committed when it is killed', { timeout: 120_000 }, async () => {
    bench = await openBench(name, log);
    const { database, test } = bench;
    const open = await runUpToMerge(database);
    const match = '^insert into .settle_partial_verdicts';
    const points: KillPoint[] = [
      { mode: 'sent-statement', at: 2, match },
      { mode: 'before-statement', at: 2, match },
      { mode: 'sent-statement', at: 1, match },
      { mode: 'before-statement', at: 2, match },
    ];
    const args = ['--date', date, '--zone', zone, '--workers', '1', '--partitions', '2', '--chunk', '1'];
    expect(await runThroughKills(args, test.url, points)).toBe(points.length);
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
    const [{ id }] = await database.knex('BATCH_JOB_INSTANCE').select({ id: 'JOB_INSTANCE_ID' });
    const partitions = await requireDecidedOnce(database, Number(id), open);
    expect(partitions.map(({ counts }) => counts.commitCount)).toEqual([3, 3]);
  });

  it('is foretold by a dry run, which writes nothing of it', async () => {
    bench = await openBench(name, log);
    const { database } = bench;
    const plans = await planJob(database, dailyJob, { date, zone }, { workers: 2, partitions: buckets });
    const units = plans.find(({ name: step }) => step === 'daily-statistics')?.units;
    expect(units?.openViews).toBeGreaterThan(1500);
    expect(plans.find(({ name: step }) => step === resolveStep)).toMatchObject({ frozen: false, partitions: [] });
    expect(await leftOvers(database)).toEqual([]);
  });
});

it.each(sampledServers(import.meta.url))(
  'is decided by workers of other processes on $name',
  {
    timeout: 120_000,
  },
  async ({ name }) => {
    const bench = await openBench(name, log);
    const { database, test } = bench;
    const workers = [1, 2].map(() => startSettle(['worker', '--threads', '1'], { url: test.url, timeoutMs: 110_000 }));
    try {
      const options = { workers: 2, remote: { threads: 0 }, partitions: buckets };
      const { execution, error } = await runJob(database, dailyJob, { date, zone }, options);
      expect(error).toBeUndefined();
      await expectAsOracle(database, log, date, zone);
      expect(await leftOvers(database)).toEqual([]);
      const partitions = await listPartitions(database, execution.jobInstanceId, resolveStep);
      expect(partitions).toHaveLength(buckets);
      for (const { claim } of partitions) expect(claim).toMatchObject({ epoch: 1, attempts: 1 });
    } finally {
      for (const { child } of workers) child.kill('SIGTERM');
      await Promise.all(workers.map(({ outcome }) => outcome));
      await bench.drop();
    }
  },
);
