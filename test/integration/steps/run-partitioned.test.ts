/** Partitioned steps over real threads and databases: counts, failures of every kind, frozen plans, restarts. */
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import type { ProgressEvent } from '../../../src/engine/progress.ts';
import { getStepContext } from '../../../src/repository/execution-context.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import {
  numbers,
  openToyDatabase,
  type ToyOptions,
  toyJob,
  toyOutput,
  toyParameters,
} from '../../support/toy/toy-job.ts';

const base: ToyOptions = { ids: 20, partitions: 4, chunkSize: 2 };

describe.each(testDatabases())('a partitioned step on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;
  let workers: Worker[];
  const noteWorker = (worker: Worker) => workers.push(worker);

  beforeEach(async () => {
    workers = [];
    process.on('worker', noteWorker);
    place = await freshDatabase(name);
    database = await openToyDatabase(place.url);
  });
  afterEach(async () => {
    process.off('worker', noteWorker);
    // A thread that has ended has the id -1.
    expect(workers.map(({ threadId }) => threadId)).toEqual(workers.map(() => -1));
    await database.close();
    await expect.poll(() => connectionsLeft(place.url), { timeout: 5000 }).toBe(0);
    await place.drop();
  });

  const run = (options: Partial<ToyOptions> = {}, more = {}) =>
    runJob(database, toyJob({ ...base, ...options }), toyParameters, { workers: 2, ...more });

  test('writes each id once, sums its counts, and tells of its progress', async () => {
    const events: ProgressEvent[] = [];
    const result = await run({}, { progress: (event: ProgressEvent) => events.push(event) });
    expect(result).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(await toyOutput(database)).toEqual(numbers(1, 20));
    expect(workers).toHaveLength(2);

    const [manager, ...partitions] = await listStepExecutions(database, result.execution.id);
    expect(manager).toMatchObject({ stepName: 'numbers', status: 'COMPLETED', readCount: 20, writeCount: 20 });
    expect(partitions.map((step) => step.stepName).sort()).toEqual(numbers(0, 3).map((no) => `numbers:${no}`));
    expect(partitions[0]).toMatchObject({ readCount: 5, commitCount: 3, rollbackCount: 0, status: 'COMPLETED' });
    expect(events[1]).toEqual({ type: 'step-started', step: 'numbers', rowsExpected: 20, rowsDone: 0 });
    expect(events.filter((event) => event.type === 'advanced')).toHaveLength(12);
    expect(events.at(-1)).toEqual({ type: 'step-ended', step: 'numbers', status: 'COMPLETED' });

    const context = deserialiseContext((await getStepContext(database, partitions[0].id)) ?? '');
    expect(Object.fromEntries(context.entries())).toMatchObject({ minId: 1n, maxId: 5n, lastKey: 5n });
    expect(await run()).toMatchObject({ outcome: 'already-complete', exitCode: 0 });
  });

  test('one worker goes the same way', async () => {
    expect(await run({}, { workers: 1 })).toMatchObject({ outcome: 'completed' });
    expect(await toyOutput(database)).toEqual(numbers(1, 20));
  });

  test('an empty plan completes', async () => {
    const plan = async () => ({ partitions: [], detail: null });
    expect(await run({ step: { plan } })).toMatchObject({ outcome: 'completed' });
  });

  test.each([
    ['throw-in-read', 1, 'step numbers: id 11 cannot be read'],
    ['throw-in-write', 20, 'the toy is broken'],
    ['throw-in-finish', 1, 'step numbers: cannot finish'],
    ['throw-late', 1, 'step numbers: thrown outside of any promise'],
    ['exit', 1, 'step numbers: the worker thread ended by itself with exit code 7'],
  ] as const)(
    'a worker that fails by %s fails its partition, and a restart completes',
    async (kind, exitCode, message) => {
      const first = await run({ shared: { failure: { atId: 11, kind }, delayMs: 5 } });
      expect(first).toMatchObject({ outcome: 'failed', exitCode });
      expect(first.error?.message).toBe(message);
      const rows = await listStepExecutions(database, first.execution.id);
      expect(rows.find((row) => row.stepName === 'numbers:2')).toMatchObject({
        status: 'FAILED',
        exitMessage: message,
      });
      expect(rows.filter((row) => row.status === 'STARTED')).toEqual([]);

      expect(await run()).toMatchObject({ outcome: 'completed' });
      expect(await toyOutput(database)).toEqual(numbers(1, 20));
    },
  );

  test('a worker module that cannot be loaded fails the run with the reason', async () => {
    const workerModule = new URL('./there-is-no-such-worker.ts', import.meta.url);
    const result = await run({ step: { workerModule } });
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(result.error?.message).toContain('there-is-no-such-worker.ts');
  });

  test('an outdated plan is dropped with its results and made again', async () => {
    let plans = 0;
    const { steps } = toyJob(base);
    const original = steps[0] as Extract<(typeof steps)[0], { kind: 'partitioned' }>;
    const step = {
      plan: async (...args: Parameters<typeof original.plan>) => {
        plans++;
        return await original.plan(...args);
      },
      share: async () => (plans < 3 ? { failure: { atId: 14, kind: 'outdated' } } : undefined),
    };
    const result = await run({ step });
    expect(result).toMatchObject({ outcome: 'completed' });
    expect(plans).toBe(3);
    expect(await toyOutput(database)).toEqual(numbers(1, 20));
    const [manager] = await listStepExecutions(database, result.execution.id);
    expect(manager).toMatchObject({ readCount: 20, writeCount: 20 });
  });

  test('a plan that never holds fails after three new ones', async () => {
    const result = await run({ shared: { failure: { atId: 14, kind: 'outdated' } } });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'PLAN_OUTDATED' } });
  });

  test('a stop leaves everything at a chunk boundary, and a restart completes', async () => {
    const stop = new AbortController();
    const first = await run(
      { shared: { delayMs: 20 } },
      {
        signal: stop.signal,
        progress: (event: ProgressEvent) => {
          if (event.type === 'advanced') stop.abort('SIGINT');
        },
      },
    );
    expect(first).toMatchObject({ outcome: 'stopped', exitCode: 130, execution: { status: 'STOPPED' } });
    const rows = await listStepExecutions(database, first.execution.id);
    expect(rows.map((row) => row.status)).toEqual(rows.map(() => 'STOPPED'));
    const before = await toyOutput(database);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(20);
    expect(await run()).toMatchObject({ outcome: 'completed' });
    expect(await toyOutput(database)).toEqual(numbers(1, 20));
  });
});

/** Connections to the test database, those of the one who asks not counted. */
async function connectionsLeft(url: string): Promise<number> {
  const database = await openDatabase(url, { poolSizeMax: 1 });
  try {
    if (database.dialect.name === 'sqlite') return 0;
    const [rows] = await database.knex.raw(
      'SELECT COUNT(*) AS others FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
    );
    return Number(rows[0].others);
  } finally {
    await database.close();
  }
}
