/** Workers of any host on a run's partitions: claims, takeovers, poison, and managers that die. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from '@prometheus-io/client';
import { beforeEach, describe, expect, test } from 'vitest';
import { readLiveView } from '../../../src/cli/live-view.ts';
import { databaseMetrics } from '../../../src/cli/metrics/database-metrics.ts';
import { measureProcess } from '../../../src/cli/metrics/process-metrics.ts';
import { readProgressView } from '../../../src/cli/progress-view.ts';
import type { Database } from '../../../src/database/database.ts';
import { workersCheck } from '../../../src/doctor/checks/workers.ts';
import { abandonExecution, requestStop } from '../../../src/engine/operate.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listOffers } from '../../../src/repository/offer.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { runWorker, type WorkerOptions } from '../../../src/steps/find-work.ts';
import { type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { freshDatabase, serverDatabases } from '../../support/databases.ts';
import {
  numbers,
  openToyDatabase,
  type ToyOptions,
  toyJob,
  toyOutput,
  toyParameters,
} from '../../support/toy/toy-job.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const base: ToyOptions = { ids: 60, partitions: 6, chunkSize: 2, step: { remote: true } };
const slow: ToyOptions = { ...base, shared: { delayMs: 60 } };
/** So slow that a worker is within a partition when a signal reaches it. */
const slower: ToyOptions = { ...base, shared: { delayMs: 200 } };
const leaseMs = 1_500;
const remote = { threads: 0 };

/** Of a series in a scrape; undefined when it is not there. */
function valueIn(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

describe.each(serverDatabases())('workers on $name', ({ name }) => {
  const own = useToyDatabase(name);
  let database: Database;
  beforeEach(() => {
    ({ database } = own);
  });

  const run = (options: ToyOptions, more: RunJobOptions = {}) =>
    runJob(database, toyJob(options), toyParameters, { remote, leaseMs, partitions: options.partitions, ...more });
  /** In this process, until no step is put up. */
  const work = (options: ToyOptions, more: Partial<WorkerOptions> = {}) =>
    runWorker(database, {
      threads: 2,
      until: 'stopped',
      jobNamed: async () => toyJob(options),
      signal: AbortSignal.timeout(60_000),
      leaseMs,
      ...more,
    });
  const spawnWorker = (options: ToyOptions) => own.startWorker({ ...options, leaseMs });
  /** As `settle doctor` tells of them. */
  const examineWorkers = async () => [await workersCheck.run({ database, workers: 1, now: Date.now })].flat();
  const metricOf = async (series: string) =>
    valueIn(await (await databaseMetrics(database, [], new Date())).metrics(), series);
  const instanceId = async () => (await listJobExecutions(database, { limit: 1 }))[0].jobInstanceId;

  test('they do all of it beside threads of the run; a poison partition is set aside, and a restart is told of it', async () => {
    const stop = new AbortController();
    const poison: ToyOptions = { ...base, shared: { failure: { atId: 25, kind: 'throw-in-write' } } };
    const working = work(poison, { signal: stop.signal });
    const failed = await run(poison, { remote: { threads: 1 } });
    expect(failed).toMatchObject({ outcome: 'failed', error: { code: 'PARTITIONS_SET_ASIDE' } });
    expect(failed.execution.exitMessage).toMatch(
      /1 partition was set aside, 5 completed; partition 2 \(3 attempts\): /,
    );
    const [bad, ...good] = (await listPartitions(database, await instanceId())).sort(
      (a, b) => b.claim.epoch - a.claim.epoch,
    );
    expect(bad).toMatchObject({ partition: 2, status: 'FAILED', claim: { epoch: 3, attempts: 3 } });
    expect(good.every(({ claim, status }) => claim.epoch === 1 && status === 'COMPLETED')).toBe(true);
    expect(await listOffers(database.knex)).toEqual([]);

    stop.abort();
    await working;
    expect(await run(base, { remote: { threads: 1 } })).toMatchObject({ outcome: 'completed' });
    expect(await toyOutput(database)).toEqual(numbers(1, 60));
    const [manager] = await listStepExecutions(database, (await listJobExecutions(database, { limit: 1 }))[0].id);
    expect(manager).toMatchObject({ readCount: 60, writeCount: 60, status: 'COMPLETED' });
  });

  test('one that is killed and one that is stopped beyond its lease lose their partitions, and commit nothing more', async () => {
    const paused = await spawnWorker(slower);
    const running = run(slower);
    await paused.said('taken', 1);
    paused.child.kill('SIGSTOP');
    // Begun only now: beside it the first could have taken every partition.
    const killed = await spawnWorker(slower);
    await killed.said('taken', 1);
    await killed.kill();
    const dead = new RegExp(
      `^worker process ${killed.child.pid} on \\S+ has partitions? [\\d, ]+ of numbers, but it has ended`,
    );
    expect(await examineWorkers()).toContainEqual(
      expect.objectContaining({ verdict: 'warn', message: expect.stringMatching(dead) }),
    );
    const [execution] = await listJobExecutions(database, { limit: 1 });
    const live = await readLiveView(database, execution, undefined, [], new Date());
    expect(live.workers.map(({ pid, isAlive }) => [pid, isAlive])).toContainEqual([killed.child.pid, false]);
    // It ran on this machine, so that nobody waits for the end of its lease.
    expect(await metricOf('settle_lease_lost{name="toy",kind="partition"}')).toBeGreaterThanOrEqual(1);
    expect(await metricOf('settle_lease_lost{name="toy",kind="run"}')).toBe(0);
    const registry = new Registry();
    const measured = measureProcess(registry, { isWorker: true });
    const stop = new AbortController();
    const working = work(slower, { signal: stop.signal });
    expect(await running).toMatchObject({ outcome: 'completed' });
    paused.child.kill('SIGCONT');
    await sleep(500);
    paused.child.kill('SIGTERM');
    stop.abort();
    await Promise.all([working, paused.said('= ')]);
    measured.close();
    expect(await toyOutput(database)).toEqual(numbers(1, 60));
    const here = await registry.metrics();
    const taken = valueIn(here, 'settle_takeovers_total{job_name="toy",kind="partition"}');
    expect(taken).toBeGreaterThanOrEqual(1);
    // The killed one may have taken over from the one that was stopped.
    const died = await metricOf('settle_partition_takeovers{job_name="toy",name="numbers"}');
    expect(died).toBeGreaterThanOrEqual(taken!);
    expect(await metricOf('settle_step_retries{job_name="toy",name="numbers",kind="partition"}')).toBe(died);
    expect(await metricOf('settle_step_retries{job_name="toy",name="numbers",kind="step"}')).toBe(0);
    const done = valueIn(here, 'settle_worker_partitions_total{job_name="toy",name="numbers",outcome="completed"}');
    expect(done).toBeGreaterThanOrEqual(1);
    // Five chunks of two a partition, less those that the dead had committed.
    const chunks = valueIn(here, 'settle_chunk_seconds_count{job_name="toy",name="numbers"}')!;
    expect([chunks <= 5 * done!, chunks >= 5 * (done! - taken!)]).toEqual([true, true]);
    expect(valueIn(here, 'settle_worker_active_partitions')).toBe(0);
    const partitions = await listPartitions(database, await instanceId());
    expect(partitions.some(({ claim }) => claim.epoch > 1)).toBe(true);
    // For the page: rows over time as the run saw them, and who was at each attempt.
    const { steps, attempts } = await readProgressView({ database }, execution);
    expect(steps[0].points.at(-1)?.[1]).toBe(60);
    const workers = new Map(attempts.map(({ host, worker }) => [`${host} ${worker}`, host]));
    expect(new Set(workers.values()).size).toBe(3);
    expect(attempts.filter(({ status }) => status === 'FAILED')).toHaveLength(died!);
    expect(attempts.length).toBe(6 + died!);
    expect(attempts.every(({ host, worker }) => / \(\d+\)$/.test(String(host)) && Number(worker) < 2)).toBe(true);
    expect(partitions.every(({ counts }) => counts.readCount === 10)).toBe(true);
  });

  test('when the manager is killed, another goes on, and no partition in work is interrupted', async () => {
    const manager = await own.startProcess({ ...slow, leaseMs, remote });
    const worker = await spawnWorker(slow);
    manager.run();
    await worker.said('taken', 2);
    await manager.kill();
    expect(await metricOf('settle_lease_lost{name="toy",kind="run"}')).toBe(1);
    expect(await metricOf('settle_lease_lost{name="toy",kind="partition"}')).toBe(0);
    expect(await metricOf('settle_job_takeovers{name="toy"}')).toBe(0);
    expect(await run(slow, { remote: undefined, workers: 1 })).toMatchObject({ outcome: 'completed' });
    expect(await metricOf('settle_job_takeovers{name="toy"}')).toBe(1);
    expect(await metricOf('settle_step_retries{job_name="toy",name="numbers",kind="step"}')).toBe(1);
    expect(await metricOf('settle_lease_lost{name="toy",kind="run"}')).toBeUndefined();
    expect(await toyOutput(database)).toEqual(numbers(1, 60));
    const partitions = await listPartitions(database, await instanceId());
    expect(partitions.every(({ claim }) => claim.epoch === 1)).toBe(true);
    const executions = await listJobExecutions(database, { limit: 10 });
    expect(executions.map(({ status }) => status)).toEqual(['COMPLETED', 'FAILED']);
    for (const { id } of executions) {
      for (const { stepName, status } of await listStepExecutions(database, id)) {
        if (stepName !== 'numbers') expect(status).toBe('COMPLETED');
      }
    }
    expect(await listOffers(database.knex)).toEqual([]);
  });

  test('a stop gives everything back; another definition is refused; what is abandoned is closed to workers', async () => {
    const stop = new AbortController();
    const working = work(slow, { signal: stop.signal });
    const running = run(slow);
    while ((await toyOutput(database)).length === 0) await sleep(50);
    await requestStop(database, (await listJobExecutions(database, { limit: 1 }))[0].id);
    expect(await running).toMatchObject({ outcome: 'stopped' });
    const partitions = await listPartitions(database, await instanceId());
    for (const { status, claim } of partitions) {
      expect(status).toMatch(/COMPLETED|STOPPED|STARTING/);
      if (status !== 'COMPLETED') expect(claim.attempts).toBe(0);
    }
    stop.abort();
    await working;

    const again = new AbortController();
    const waiting = run(base, { signal: again.signal });
    while ((await listOffers(database.knex)).length === 0) await sleep(50);
    expect(await examineWorkers()).toMatchObject([
      {
        verdict: 'warn',
        message: expect.stringMatching(/^\d partitions? of numbers waits?, and no worker is at work/),
      },
    ]);
    const other = { ...toyJob(base), parameters: [] };
    const refusal = await work(base, { until: 'once', jobNamed: async () => other });
    expect(refusal).toMatchObject({ completed: 0, refused: [expect.stringContaining('another build')] });
    again.abort('SIGTERM');
    expect(await waiting).toMatchObject({ outcome: 'stopped', exitCode: 143 });
    const { id } = (await listJobExecutions(database, { limit: 1 }))[0];
    await abandonExecution(database, id, 'enough');
    expect(await work(base, { until: 'until-idle' })).toMatchObject({ completed: 0 });
  });
});

test('not on SQLite: a file of one machine', async () => {
  const place = await freshDatabase('sqlite');
  const database = await openToyDatabase(place.url);
  await expect(runJob(database, toyJob(base), toyParameters, { remote })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('SQLite is a file of one machine'),
  });
  await database.close();
  await place.drop();
});
