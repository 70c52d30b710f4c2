/** One claim of a partition: the statements that it waits for, what it locks, and what becomes of lost answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { defaultRetryPolicy } from '../../../src/engine/retry-policy.ts';
import { startWorkerLease, type WorkerLease } from '../../../src/engine/worker-lease.ts';
import { takeFence } from '../../../src/repository/fence.ts';
import { nextStepExecutionId } from '../../../src/repository/next-id.ts';
import { listOffers, type Offer } from '../../../src/repository/offer.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { giveUpPartition } from '../../../src/steps/give-up-partition.ts';
import { IdsAhead } from '../../../src/steps/ids-ahead.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { takePartition } from '../../../src/steps/take-partition.ts';
import { serverDatabases } from '../../support/databases.ts';
import { type ToyOptions, toyJob, toyParameters } from '../../support/toy/toy-job.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const options: ToyOptions = { ids: 60, partitions: 12, chunkSize: 2, step: { remote: true } };
const leaseMs = 30_000;
const attemptsMax = 3;
const logger = pino({ level: 'silent' });

describe.each(serverDatabases())('a claim on $name', ({ name }) => {
  const own = useToyDatabase(name);
  let database: Database;
  let running: Promise<unknown>;
  let stop: AbortController;
  let lease: WorkerLease;
  let offer: Offer;

  beforeEach(async () => {
    ({ database } = own);
    stop = new AbortController();
    running = runJob(database, toyJob(options), toyParameters, {
      remote: { threads: 0 },
      leaseMs,
      partitions: options.partitions,
      signal: stop.signal,
    });
    let offers: Offer[] = [];
    while (offers.length === 0) {
      await sleep(20);
      offers = await listOffers(database.knex);
    }
    [offer] = offers;
    lease = await startWorkerLease(database, leaseMs, logger);
  });
  afterEach(async () => {
    await lease.release();
    stop.abort();
    await running;
  });

  const newIds = () => new IdsAhead(() => nextStepExecutionId(database, database.knex));
  const scopeOf = (through: Database, ids = newIds()) => ({
    database: through,
    lease,
    retrying: { policy: defaultRetryPolicy, circuit: { isOpen: false }, isStopRequested: () => false, logger },
    logger,
    now: () => new Date(),
    worker: 0,
    ids,
  });
  const take = (through = database, ids?: IdsAhead, isWanted = (_: { partition: number }) => true) =>
    takePartition(scopeOf(through, ids), offer, attemptsMax, isWanted);
  const partitions = () => listPartitions(database, offer.jobInstanceId, offer.stepName);
  const claimsOf = async () => {
    const taken = (await partitions()).filter(({ status }) => status === 'STARTED');
    return taken.map(({ partition, claim, stepExecutionId }) => ({ partition, ...claim, stepExecutionId }));
  };
  /** The claim's first transaction ends so; further ones go as usual. */
  const withFirst = (end: 'answer-lost' | 'rolled-back'): Database => {
    let isFirst = true;
    const lost = Object.assign(new Error('Connection lost'), { code: 'PROTOCOL_CONNECTION_LOST' });
    return {
      ...database,
      transaction: async (work, limits) => {
        if (!isFirst) return await database.transaction(work, limits);
        isFirst = false;
        await database.transaction(async (tx) => {
          await work(tx);
          if (end === 'rolled-back') throw lost;
        }, limits);
        throw lost;
      },
    };
  };

  test('waits for six statements, and where idleness cannot be limited for good for two more', async () => {
    const worker = await openDatabase(database.url, { poolSizeMax: 2 });
    const ids = newIds();
    // They set up both connections; the last one draws an id.
    await Promise.all([take(worker), take(worker), take(worker)]);
    await take(worker, ids);
    await sleep(100);
    const sent: { connection: string; sql: string }[] = [];
    const onQuery = ({ __knexUid: connection, sql }: { __knexUid: string; sql: string }) =>
      sent.push({ connection, sql });
    worker.knex.on('query', onQuery);
    expect(await take(worker, ids)).toBeDefined();
    await worker.close();
    const { connection } = sent.find(({ sql }) => sql.startsWith('BEGIN'))!;
    // Behind it the next id is drawn.
    const until = sent.slice(0, sent.findIndex(({ sql }) => sql.startsWith('COMMIT')) + 1);
    const inTurn = until.filter((one) => one.connection === connection).map(({ sql }) => sql.split(/\s/, 2).join(' '));
    const idle = name === 'mysql' ? ['SET SESSION'] : [];
    expect(inTurn).toEqual([
      'BEGIN;',
      ...idle,
      '(select `f`.`token`',
      'update `settle_partition`',
      'insert into',
      'insert into',
      ...idle,
      'COMMIT;',
    ]);
    const beside = until.filter((one) => one.connection !== connection);
    expect(beside.map(({ sql }) => sql.includes('settle_step_progress'))).toEqual([true]);
  });

  test('takers at the same time take each partition once', async () => {
    const tasks = await Promise.all(Array.from({ length: options.partitions + 3 }, () => take()));
    const taken = tasks.flatMap((task) => (task === undefined ? [] : [task]));
    expect(new Set(taken.map(({ partition }) => partition)).size).toBe(options.partitions);
    expect(taken).toHaveLength(options.partitions);
    expect(taken.every(({ claim }) => claim.epoch === 1)).toBe(true);
    const stored = await claimsOf();
    expect(new Set(stored.map(({ stepExecutionId }) => stepExecutionId)).size).toBe(options.partitions);
    for (const { partition, minId, maxId, rowsExpected } of taken) {
      expect({ minId, maxId, rowsExpected }).toMatchObject({
        minId: BigInt(5 * partition + 1),
        maxId: BigInt(5 * partition + 5),
        rowsExpected: 5,
      });
    }
  });

  test.each(['answer-lost', 'rolled-back'] as const)('whose first try is %s is made once', async (end) => {
    const task = await take(withFirst(end));
    expect(task).toMatchObject({ claim: { epoch: 1, ownerId: lease.ownerId }, rowsDone: 0 });
    expect(await claimsOf()).toEqual([
      expect.objectContaining({
        partition: task!.partition,
        epoch: 1,
        attempts: 1,
        stepExecutionId: task!.stepExecution.id,
      }),
    ]);
    const steps = await listStepExecutions(database, offer.jobExecutionId);
    expect(steps.filter(({ stepName }) => stepName.includes(':'))).toHaveLength(1);
  });

  test('goes by an id above that of the last attempt, whenever it was drawn', async () => {
    const early = newIds();
    early.drawAhead();
    const first = (await take())!;
    expect(await giveUpPartition(scopeOf(database), offer, first, undefined, 0)).toBe(true);
    const again = (await take(database, early, ({ partition }) => partition === first.partition))!;
    expect(again).toMatchObject({ partition: first.partition, claim: { epoch: 2 } });
    expect(again.stepExecution.id).toBeGreaterThan(first.stepExecution.id);
    expect(again.contextText).toBe(first.contextText);
    // A stop is no attempt.
    expect(await claimsOf()).toEqual([expect.objectContaining({ epoch: 2, attempts: 1 })]);
  });

  test('waits for who is taking the run over, and finds the offer void', async () => {
    let taking: ReturnType<typeof take> | undefined;
    let isDone = false;
    await database.transaction(async (tx) => {
      await takeFence(tx, offer.jobInstanceId);
      taking = take();
      taking.finally(() => {
        isDone = true;
      });
      await sleep(300);
      expect(isDone).toBe(false);
    });
    expect(await taking).toBeUndefined();
    expect(await claimsOf()).toEqual([]);
  });

  test('waits for nobody who is at work on other partitions', async () => {
    const first = (await take())!;
    await database.transaction(async (tx) => {
      await tx('settle_partition').where({ partition_no: first.partition }).forUpdate().first();
      expect((await take())!.partition).not.toBe(first.partition);
    });
  });
});
