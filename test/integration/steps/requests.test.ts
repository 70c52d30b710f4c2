/** Runs that were left to workers: asked for, taken, taken over from dead and paused processes, handed over, stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { abandonExecution, requestStop } from '../../../src/engine/operate.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { cancelRequest, requestRun } from '../../../src/engine/request-run.ts';
import { takeRequest } from '../../../src/engine/take-request.ts';
import { startWorkerLease } from '../../../src/engine/worker-lease.ts';
import { jobDigest } from '../../../src/partition/definition-digest.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { nextJobExecutionId } from '../../../src/repository/next-id.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { selectOpenRequestOf, selectRequest } from '../../../src/repository/request.ts';
import { runWorker, type WorkerOptions } from '../../../src/steps/find-work.ts';
import { runJob, runTaken } from '../../../src/steps/run-job.ts';
import { sampledServers } from '../../support/databases.ts';
import { numbers, type ToyOptions, toyJob, toyOutput, toyParameters } from '../../support/toy/toy-job.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const base: ToyOptions = { ids: 40, partitions: 4, chunkSize: 2, step: { remote: true } };
/** A partition takes 0.7 s. */
const slow: ToyOptions = { ...base, shared: { delayMs: 140 } };
const leaseMs = 2_000;
const remote = { threads: 0 };

describe.each(sampledServers(import.meta.url))('runs left to workers on $name', ({ name }) => {
  const own = useToyDatabase(name);
  let database: Database;
  beforeEach(() => {
    ({ database } = own);
  });

  const request = async (options: ToyOptions, date = toyParameters.date) => {
    const job = toyJob(options);
    const id = await nextJobExecutionId(database, database.knex);
    const requested = await requestRun(database, job, {
      id,
      parameters: parseParameters(job, { date }),
      definition: await jobDigest(job),
      options: { partitions: options.partitions },
      now: new Date(),
    });
    return requested.kind === 'requested' ? requested.request : requested.execution;
  };
  const work = (options: ToyOptions, more: Partial<WorkerOptions> = {}) =>
    runWorker(database, {
      threads: 2,
      until: 'once',
      jobNamed: async () => toyJob(options),
      signal: AbortSignal.timeout(60_000),
      leaseMs,
      ...more,
    });
  const spawnWorker = (options: ToyOptions) => own.startWorker({ ...options, leaseMs });
  const statuses = async () => (await listJobExecutions(database, { limit: 10 })).map(({ status }) => status);
  const stored = async (id: number) => (await selectRequest(database.knex, id))!;
  /** Works in this process until the run has ended. */
  const workUntilEnded = async (id: number, options: ToyOptions) => {
    const stop = new AbortController();
    const working = work(options, { until: 'stopped', signal: stop.signal });
    const until = performance.now() + 90_000;
    while ((await stored(id)).state === 'OPEN' && performance.now() < until) await sleep(100);
    stop.abort();
    return await working;
  };
  /** Every id once, and no chunk read twice by executions that committed. */
  const expectAllOnce = async () => {
    expect(await toyOutput(database)).toEqual(numbers(1, 40));
    const [{ jobInstanceId }] = await listJobExecutions(database, { limit: 1 });
    const partitions = await listPartitions(database, jobInstanceId);
    expect(partitions.reduce((sum, { counts }) => sum + counts.readCount, 0)).toBe(40);
    return partitions;
  };

  test('one worker takes it, and it is run once; one that fails by itself is not run again', async () => {
    const both = await Promise.allSettled([request(base), request(base)]);
    const [{ value: asked }] = both.filter((one) => one.status === 'fulfilled');
    expect(both.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'ALREADY_RUNNING', exitCode: 11, hint: `wait for it with: settle wait ${asked.id}` } },
    ]);
    const other = { ...toyJob(base), parameters: [] };
    expect(await work(base, { jobNamed: async () => other })).toMatchObject({
      runs: 0,
      refused: [`run ${asked.id}: toy is of another build here, or is defined otherwise`],
    });
    expect(await work(base, { partitionsOnly: true })).toMatchObject({ runs: 0, refused: [] });
    const reports = await Promise.all([work(base), work(base)]);
    expect(reports.map(({ runs }) => runs).sort()).toEqual([0, 1]);
    await expectAllOnce();
    const [execution] = await listJobExecutions(database, { limit: 10 });
    expect(await stored(asked.id)).toMatchObject({
      ...{ state: 'ENDED', exitCode: 0, takes: 1, epoch: 1, jobExecutionId: execution.id },
    });
    expect(await request(base)).toMatchObject({ id: execution.id, status: 'COMPLETED' });

    const poison: ToyOptions = { ...base, shared: { failure: { atId: 25, kind: 'throw-in-write' } } };
    const failing = await request(poison, '2024-01-02');
    expect(await work(poison)).toMatchObject({ runs: 1 });
    const { state, exitCode, message } = await stored(failing.id);
    expect({ state, exitCode }).toEqual({ state: 'ENDED', exitCode: 20 });
    expect(message).toContain('the toy is broken');
    expect(await work(poison)).toMatchObject({ runs: 0 });
    expect(await statuses()).toEqual(['FAILED', 'COMPLETED']);
  });

  test('what is stopped or abandoned is taken by nobody, nor is what was claimed by one that was paused since', async () => {
    const lost = await request(base, '2024-01-03');
    const lease = await startWorkerLease(database, leaseMs, pino({ level: 'silent' }));
    const claim = await takeRequest(database, await stored(lost.id), lease, new Date());
    expect(await work(base)).toMatchObject({ runs: 0 });
    await lease.release();
    const poison: ToyOptions = { ...base, shared: { failure: { atId: 25, kind: 'throw-in-write' } } };
    await work(poison);
    const [{ id: first }] = await listJobExecutions(database, { limit: 1 });
    const parameters = parseParameters(toyJob(base), { date: '2024-01-03' });
    const late = runTaken(database, toyJob(base), parameters, claim!, { workers: 1 });
    await expect(late).rejects.toMatchObject({ code: 'REQUEST_LOST' });
    expect(await listJobExecutions(database, { limit: 9 })).toMatchObject([{ id: first, status: 'FAILED' }]);
    await database.knex('toy_output').delete();

    const waiting = (await request(base)) as Awaited<ReturnType<typeof stored>>;
    expect(await cancelRequest(database, waiting, new Date())).toBe('cancelled');
    expect(await cancelRequest(database, waiting, new Date())).toBe('over');
    expect(await stored(waiting.id)).toMatchObject({ state: 'ENDED', exitCode: 143, jobExecutionId: undefined });
    expect(await work(base)).toMatchObject({ runs: 0, completed: 0 });

    const asked = await request(slow);
    const working = work(slow);
    while ((await toyOutput(database)).length === 0) await sleep(50);
    const [{ id }] = await listJobExecutions(database, { limit: 1 });
    await requestStop(database, id);
    await working;
    expect(await stored(asked.id)).toMatchObject({ state: 'ENDED', exitCode: 143, jobExecutionId: id });
    const again = await request(slow);
    await abandonExecution(database, id, 'enough');
    expect(await stored(again.id)).toMatchObject({ state: 'ENDED', exitCode: 1, message: 'abandoned: enough' });
    expect(await work(slow)).toMatchObject({ runs: 0 });
    expect(await statuses()).toEqual(['ABANDONED', 'FAILED']);
  });

  test('killed with its process, taken over at once, then by the third; what a fourth would do is not tried', async () => {
    const asked = await request(slow);
    const first = await spawnWorker(slow);
    await first.said('taken');
    await first.kill();
    await workUntilEnded(asked.id, slow);
    await expectAllOnce();
    expect(await statuses()).toEqual(['COMPLETED', 'FAILED']);
    expect(await stored(asked.id)).toMatchObject({ state: 'ENDED', exitCode: 0, takes: 2, epoch: 2 });

    const poison = await request(slow, '2024-01-02');
    const worker = await spawnWorker(slow);
    await worker.said('run taken');
    while ((await stored(poison.id)).jobExecutionId === undefined) await sleep(20);
    await database.knex('settle_request').where({ request_id: poison.id }).update({ takes: 3 });
    await worker.kill();
    expect(await work(slow)).toMatchObject({ runs: 0 });
    const { exitCode, message } = await stored(poison.id);
    expect(exitCode).toBe(1);
    expect(message).toMatch(
      /^3 processes that ran it have died; it is not run again; of the last one, process \d+ on /,
    );
    expect((await statuses())[0]).toBe('FAILED');
  });

  test('paused beyond its lease, its process commits nothing more; stopped in good order, it hands the run over', async () => {
    const asked = await request(slow);
    const paused = await spawnWorker(slow);
    await paused.said('taken', 2);
    paused.child.kill('SIGSTOP');
    await workUntilEnded(asked.id, slow);
    paused.child.kill('SIGCONT');
    await sleep(500);
    await expectAllOnce();
    expect(await stored(asked.id)).toMatchObject({ exitCode: 0, takes: 2 });
    await paused.kill();

    await database.knex('toy_output').delete();
    const next = await request(slow, '2024-01-02');
    const leaving = await spawnWorker(slow);
    await leaving.said('taken', 2);
    leaving.child.kill('SIGTERM');
    await leaving.said('= ');
    expect(await stored(next.id)).toMatchObject({ state: 'OPEN', takes: 0, ownerId: undefined });
    await workUntilEnded(next.id, slow);
    await expectAllOnce();
    expect((await statuses()).slice(0, 2)).toEqual(['COMPLETED', 'STOPPED']);
    expect(await stored(next.id)).toMatchObject({ state: 'ENDED', exitCode: 0, takes: 1 });
  });

  test('a run with remote workers is taken over when its process stays dead for its lease; one that ends is not', async () => {
    const manager = await own.startProcess({ ...slow, leaseMs, remote });
    manager.run();
    const helper = await spawnWorker(slow);
    await helper.said('taken', 2);
    const [{ id, jobInstanceId }] = await listJobExecutions(database, { limit: 1 });
    await manager.kill();
    await workUntilEnded(id, slow);
    const partitions = await expectAllOnce();
    expect(partitions.some(({ claim }) => claim.epoch === 1)).toBe(true);
    expect(await statuses()).toEqual(['COMPLETED', 'FAILED']);
    expect(await stored(id)).toMatchObject({ isDetached: false, state: 'ENDED', exitCode: 0, takes: 2 });

    const date = '2024-01-02';
    await runJob(database, toyJob(base), { date }, { remote: { threads: 1 }, leaseMs, partitions: 2 });
    const [last] = await listJobExecutions(database, { limit: 1 });
    expect(await stored(last.id)).toMatchObject({ state: 'ENDED', exitCode: 0, takes: 1, epoch: 0 });
    expect(await selectOpenRequestOf(database.knex, jobInstanceId)).toBeUndefined();
  });
});
