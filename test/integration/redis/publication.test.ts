/** What Redis holds after runs, whatever Redis does meanwhile: away, stopped, flushed, full, read-only. */
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readRanking } from '../../../src/jobs/views/statistics/rank-videos.ts';
import { readStatistics } from '../../../src/jobs/views/statistics/read-statistics.ts';
import { publishMoved } from '../../../src/ledger/cli/publish-moved.ts';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { publishBalances } from '../../../src/ledger/publish-balances.ts';
import { withRedis } from '../../../src/redis/with-redis.ts';
import { buildLog } from '../../oracles/logs.ts';
import { testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { hasPrivateRedis, type PrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';
import { type Bench, openBench, settle } from '../daily/support.ts';

const zone = 'Asia/Seoul';
const dates = ['2026-06-01', '2026-06-02'];

describe.skipIf(!hasPrivateRedis).each(testDatabases())('Redis beside a run on $name', ({ name }) => {
  // What only Redis does is the same beside every database.
  const ofRedis = test.skipIf(name !== 'sqlite');
  let redis: PrivateRedis;
  let bench: Bench;
  const warnings: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(String(JSON.parse(line).msg)) });

  beforeAll(async () => {
    redis = await startPrivateRedis();
  });
  afterAll(async () => await redis.stop());
  beforeEach(async () => {
    warnings.length = 0;
    process.env.SETTLE_REDIS_URL = redis.url;
    process.env.SETTLE_CACHE = 'update';
    await redis.client.flushall();
    bench = await openBench(name, buildLog('ordered', 6, 800, dates[0], zone));
  });
  afterEach(async () => {
    delete process.env.SETTLE_REDIS_URL;
    delete process.env.SETTLE_CACHE;
    await bench.drop();
  });

  const run = (date: string) => settle(bench.database, date, zone, { workers: 1, logger });

  async function expectPublished(date: string): Promise<void> {
    const { database } = bench;
    for (const [key, kind] of [
      [`settle:popular:${date}`, 'popular'],
      [`settle:top:day:${date}:views`, 'day'],
    ] as const) {
      const ranking = await readRanking(database, kind, date, 'views');
      expect(ranking.length).toBeGreaterThan(0);
      const stored = await redis.client.zrange(key, '0', '-1', 'WITHSCORES');
      expect(new Map(stored.flatMap((member, at) => (at % 2 === 0 ? [[member, stored[at + 1]]] : [])))).toEqual(
        new Map(ranking.map(({ videoId, value }) => [String(videoId), String(value)])),
      );
    }
    const rows = await readStatistics(database, { from: date, to: date });
    expect(await redis.client.hgetall(`settle:statistics:${date}`)).toEqual(
      Object.fromEntries(
        rows.map(({ videoId, views, adViews, playSeconds }) => [videoId, `${views},${adViews},${playSeconds}`]),
      ),
    );
  }

  test('is away: the run is complete with one warning, and the next one does the rest', async () => {
    process.env.SETTLE_REDIS_URL = 'redis://127.0.0.1:1';
    expect((await run(dates[0])).exitCode).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the rankings, the statistics and balances of 2026-06-01 are not in Redis: .*ECONNREFUSED.*`settle publish --date 2026-06-01`$/,
      ),
    ]);
    process.env.SETTLE_REDIS_URL = redis.url;
    await run(dates[1]);
    expect(warnings.length).toBe(1);
    await expectPublished(dates[0]);
    expect(await redis.client.get('settle:popular:date')).toBe(dates[1]);
    expect(await redis.client.keys('*filling*')).toEqual([]);
  });

  ofRedis('is stopped: every call ends, and the command publishes when it is back', async () => {
    redis.signal('SIGSTOP');
    try {
      const begunMs = performance.now();
      expect((await run(dates[0])).exitCode).toBe(0);
      expect(performance.now() - begunMs).toBeLessThan(60_000);
    } finally {
      redis.signal('SIGCONT');
    }
    expect(warnings.length).toBe(1);
    const published = await runSettle(['publish', '--date', dates[0], '--json'], {
      url: bench.test.url,
      env: { SETTLE_REDIS_URL: redis.url, SETTLE_CACHE: 'update' },
    });
    expect(published).toMatchObject({ code: 0 });
    expect(JSON.parse(published.stdout)).toMatchObject({ date: dates[0], otherDates: [] });
    await expectPublished(dates[0]);
  });

  ofRedis('is full, or a replica: nothing is half written, and the run is complete', async () => {
    await run(dates[0]);
    const before = await redis.client.zrange('settle:popular', '0', '-1', 'WITHSCORES');
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.client.config('SET', 'maxmemory', '1');
    expect((await run(dates[1])).exitCode).toBe(0);
    expect(warnings).toEqual([expect.stringMatching(/OOM/)]);
    expect(await redis.client.zrange('settle:popular', '0', '-1', 'WITHSCORES')).toEqual(before);
    await redis.client.config('SET', 'maxmemory', '0');
    await redis.client.replicaof('127.0.0.1', '1');
    expect((await settle(bench.database, dates[1], zone, { workers: 1, logger, rerun: true })).exitCode).toBe(0);
    expect(warnings[1]).toMatch(/READONLY/);
    await redis.client.replicaof('NO', 'ONE');
    await settle(bench.database, dates[0], zone, { workers: 1, logger, rerun: true });
    expect(warnings.length).toBe(2);
    await expectPublished(dates[0]);
    expect(await redis.client.get('settle:popular:date')).toBe(dates[1]);
  });

  ofRedis('is flushed: the next run publishes again what is gone', async () => {
    await run(dates[0]);
    await redis.client.flushall();
    await run(dates[1]);
    await expectPublished(dates[0]);
  });

  ofRedis('keeps what a newer revision has written', async () => {
    await run(dates[0]);
    const [key, hash] = [`settle:popular:${dates[0]}`, `settle:statistics:${dates[0]}`];
    const newer = String(Number(await redis.client.hget('settle:revisions', key)) + 10 ** 12);
    for (const one of [key, hash, 'settle:popular']) await redis.client.hset('settle:revisions', one, newer);
    await redis.client.del(key, hash);
    await redis.client.zadd(key, '7', 'newer');
    await redis.client.hset(hash, 'newer', '7,7,7');
    await settle(bench.database, dates[0], zone, { workers: 1, logger, rerun: true });
    expect(await redis.client.zrange(key, '0', '-1')).toEqual(['newer']);
    expect(await redis.client.hgetall(hash)).toEqual({ newer: '7,7,7' });
    expect(await redis.client.keys('*filling*')).toEqual([]);
  });

  test('has the balances that moved, by the journal that they are known to', async () => {
    const { database } = bench;
    const grant = async (key: string, user: bigint, amount: bigint) =>
      await database.transaction((tx) =>
        postJournals({ database, tx }, [
          {
            key,
            kind: 'grant',
            businessDate: dates[0],
            reason: 'a test',
            entries: [
              { account: { type: 'grant', ownerId: 0n }, amount: -amount },
              {
                account: { type: 'user', ownerId: user },
                amount,
                lot: { grantedAt: '2026-06-01 00:00:00.000', expiresAt: null },
              },
            ],
          },
        ]),
      );
    await grant('a', 1n, 100n);
    await grant('b', 2n, 9_007_199_254_740_993n);
    await publishMoved({ database, logger });
    expect(await redis.client.hgetall('settle:balance:2')).toEqual({ revision: '2', balance: '9007199254740993' });
    await grant('c', 1n, 5n);
    await redis.client.hset('settle:balance:2', 'balance', 'untouched');
    await publishMoved({ database, logger });
    expect(await redis.client.hgetall('settle:balance:1')).toEqual({ revision: '3', balance: '105' });
    expect(await redis.client.hget('settle:balance:2', 'balance')).toBe('untouched');
    // One that knows of less wakes up.
    await redis.client.hset('settle:balance:1', 'revision', '9', 'balance', '1');
    await redis.client.del('settle:balances:journal');
    const publish = (strategy: 'update' | 'evict') =>
      withRedis(redis.url, { totalMs: 5_000 }, (client) => publishBalances(client, database, strategy));
    expect(await publish('update')).toBe(1);
    expect(await redis.client.hget('settle:balance:1', 'balance')).toBe('1');
    // The ledger was put back from a backup.
    await redis.client.set('settle:balances:journal', '99');
    expect(await publish('update')).toBe(2);
    expect(await redis.client.hgetall('settle:balance:1')).toEqual({ revision: '3', balance: '105' });
    await redis.client.del('settle:balances:journal');
    await publish('evict');
    expect(await redis.client.hgetall('settle:balance:1')).toEqual({ revision: '3' });
    expect(warnings).toEqual([]);
  });
});
