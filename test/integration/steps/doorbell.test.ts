/** The queue that wakes workers: whatever becomes of its messages and of Redis, runs give the same, each chunk once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { Doorbell, Ring } from '../../../src/engine/doorbell.ts';
import { openDoorbell } from '../../../src/queue/bull-doorbell.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { runWorker } from '../../../src/steps/find-work.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { sampledServers } from '../../support/databases.ts';
import { hasPrivateRedis, type PrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';
import { numbers, type ToyOptions, toyJob, toyOutput } from '../../support/toy/toy-job.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const logger = pino({ level: 'silent' });
const options: ToyOptions = {
  ...{ ids: 48, partitions: 8, chunkSize: 2, step: { remote: true } },
  shared: { delayMs: 60 },
};
const RING: Ring = { instance: 1, step: 'a:b', plan: 2, partition: 3, epoch: 4 };
const never = () => AbortSignal.timeout(90_000);

describe.skipIf(!hasPrivateRedis)('the doorbell', () => {
  let redis: PrivateRedis;
  let bells: Doorbell[];
  let isKilled: boolean;
  beforeEach(async () => {
    isKilled = false;
    redis = await startPrivateRedis();
    bells = [];
  });
  afterEach(async () => {
    if (!isKilled) redis.signal('SIGCONT');
    await Promise.all(bells.map((bell) => bell.close()));
    await redis.stop();
  });

  const open = async (isHeard: boolean, database = '/x') => {
    const bell = await openDoorbell(redis.url, { isHeard, database, logger });
    bells.push(bell);
    while (!bell.isThere) await sleep(20);
    return bell;
  };
  /** Messages that wait, of all queues. */
  const waiting = async () => {
    const keys = await redis.client.keys('settle:*:wait');
    return (await Promise.all(keys.map((key) => redis.client.llen(key)))).reduce((sum, count) => sum + count, 0);
  };
  const until = async (condition: () => Promise<boolean> | boolean) => {
    const signal = never();
    while (!(await condition())) await sleep(20, undefined, { signal });
  };

  test('a message waits once, wakes one who waits, and is gone; a Redis that is silent is known not to be there', async () => {
    const ringer = await open(false);
    for (let time = 0; time < 3; time++) {
      ringer.ring([RING, { ...RING, epoch: 5 }]);
      await until(async () => (await waiting()) === 2);
      await sleep(50);
    }
    const other = await open(true, '/y');
    const listener = await open(true);
    await listener.wait(90_000, never());
    // One wake may have been for both, where both came before the listener was paused.
    const isGone = async () => (await redis.client.keys('settle:*:r-*')).length === 0;
    for (const signal = never(); !signal.aborted && !(await isGone()); ) await listener.wait(500, signal);
    expect(await redis.client.keys('settle:*:r-*')).toEqual([]);
    const stop = new AbortController();
    const stillWaiting = other.wait(90_000, stop.signal);
    stop.abort();
    await stillWaiting;

    redis.signal('SIGSTOP');
    await until(() => !listener.isThere);
    ringer.ring([RING]);
    await Promise.all(bells.map((bell) => bell.close()));
    redis.signal('SIGCONT');
  });

  test('a URL that is none is refused without being repeated', async () => {
    const refused = openDoorbell('http://u:secret@h', { isHeard: true, database: '/x', logger });
    await expect(refused).rejects.toMatchObject({ exitCode: 2, message: '--queue is no URL of a Redis server' });
  });

  describe.each(sampledServers(import.meta.url))('on $name', ({ name }) => {
    const own = useToyDatabase(name);
    let database: Database;
    beforeEach(() => {
      ({ database } = own);
    });

    test('messages tripled, late and of nothing, FLUSHALL, a Redis that is paused and killed: all the same, each once', async () => {
      const stop = new AbortController();
      const workers = [await open(true), await open(true)].map((bell) =>
        runWorker(database, {
          threads: 1,
          until: 'stopped',
          jobNamed: async () => toyJob(options),
          signal: stop.signal,
          bell,
          leaseMs: 2_000,
        }),
      );
      const bell = await open(false);
      const run = async (date: string, disturb: () => Promise<void>) => {
        await database.knex('toy_output').delete();
        const remote = { threads: 0, bell };
        const running = runJob(database, toyJob(options), { date }, { remote, partitions: 8, leaseMs: 2_000 });
        await until(async () => (await toyOutput(database)).length > 4);
        await disturb();
        expect(await running).toMatchObject({ outcome: 'completed' });
        expect(await toyOutput(database)).toEqual(numbers(1, 48));
        const [{ jobInstanceId }] = await listJobExecutions(database, { limit: 1 });
        for (const { claim, counts } of await listPartitions(database, jobInstanceId)) {
          expect({ epoch: claim.epoch, rows: counts.readCount }).toEqual({ epoch: 1, rows: 6 });
        }
        return jobInstanceId;
      };
      const instance = await run('2024-01-01', async () => {
        const [{ jobInstanceId }] = await listJobExecutions(database, { limit: 1 });
        const partitions = await listPartitions(database, jobInstanceId);
        for (let time = 0; time < 3; time++) {
          // Of what is taken as of what is not, each under an id of its own.
          const rings = partitions.map(({ partition }) => ({
            ...RING,
            instance: jobInstanceId,
            partition,
            epoch: time,
          }));
          bell.ring(rings);
          await sleep(30);
        }
        await redis.client.flushall();
      });
      bell.ring([{ ...RING, instance, epoch: 99 }]);
      await run('2024-01-02', async () => redis.signal('SIGSTOP'));
      redis.signal('SIGCONT');
      await run('2024-01-03', async () => {
        isKilled = true;
        redis.signal('SIGKILL');
      });
      stop.abort();
      await Promise.all(workers);
      expect((await listJobExecutions(database, { limit: 9 })).map(({ status }) => status)).toEqual(
        Array(3).fill('COMPLETED'),
      );
    });
  });
});
