/** What `settle serve` keeps: never older than the database, whatever becomes of the run, of Redis, or of another service. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { type RunningService, startService } from '../../support/serve.ts';
import { hasPrivateRedis, type PrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';

const DATE = '2026-11-20';
const PATHS = [
  `statistics?date=${DATE}&limit=10000`,
  `statistics?date=${DATE}&period=month&top=5`,
  `statistics?date=${DATE}&format=csv&limit=10000`,
  `rankings?date=${DATE}`,
  `rankings?date=${DATE}&kind=month`,
  `rankings?date=${DATE}&kind=popular`,
  'videos/1/days?from=2026-11-01&to=2026-11-30',
];

describe.runIf(hasPrivateRedis).each(sampledDatabases(import.meta.url))(
  'a cache of settle serve on $name',
  ({ name }) => {
    let database: TestDatabase;
    let redis: PrivateRedis;
    /** Without a cache; with one in its memory and in Redis; in Redis alone. */
    let plain: RunningService;
    let update: RunningService;
    let evict: RunningService;
    const settle = async (...args: string[]) => await runSettle(args, { url: database.url });
    const body = async ({ url }: RunningService, path: string) => {
      const response = await fetch(`${url}/api/v1/${path}`);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return text;
    };
    const all = async (service: RunningService) => await Promise.all(PATHS.map((path) => body(service, path)));
    const metrics = async ({ url }: RunningService) => await (await fetch(`${url}/metrics`)).text();
    const addViews = async (seed: number) => {
      const flags = ['--rows', '500', '--videos', '40', '--viewers', '300', '--seed', String(seed)];
      expect((await settle('seed', '--date', DATE, ...flags)).code).toBe(0);
    };
    const expectNew = async () => {
      const wanted = await all(plain);
      for (const service of [update, evict]) for (let n = 0; n < 2; n++) expect(await all(service)).toEqual(wanted);
      return wanted;
    };

    beforeAll(async () => {
      [database, redis] = await Promise.all([freshPlatform(name), startPrivateRedis()]);
      await addViews(1);
      expect((await settle('--date', DATE)).code).toBe(0);
      [plain, update, evict] = await Promise.all([
        startService(database.url),
        startService(database.url, ['--cache', 'update', '--redis', redis.url]),
        startService(database.url, ['--cache', 'evict', '--cache-mb', '0', '--redis', redis.url]),
      ]);
    });
    afterAll(async () => {
      for (const service of [plain, update, evict]) expect((await service.stop()).code).toBe(0);
      await redis.stop();
      await database.drop();
    });

    test('answers what the database does, before and after a run, and while the run publishes', async () => {
      const before = await expectNew();
      await addViews(2);
      expect(await all(update)).toEqual(before);
      let isRunning = true;
      const rerun = settle('run', 'daily', '--date', DATE, '--rerun').finally(() => {
        isRunning = false;
      });
      while (isRunning) await all(evict);
      expect((await rerun).code).toBe(0);
      const after = await expectNew();
      for (const [index, text] of after.entries()) expect(text, PATHS[index]).not.toBe(before[index]);
      expect(await metrics(update)).toMatch(/^settle_cache_requests_total\{store="memory",result="hit"\} [1-9]/m);
      expect(await metrics(evict)).toMatch(/^settle_cache_requests_total\{store="redis",result="hit"\} [1-9]/m);
      expect(await metrics(evict)).toMatch(/^settle_cache_bytes 0$/m);
    });

    test('a run that is killed right behind its commit leaves nothing old behind', async () => {
      const before = await all(update);
      await addViews(3);
      const watched = await openDatabase(database.url);
      const revision = async () => String((await watched.knex('settle_read_head').first()).revision);
      const last = await revision();
      const { child, outcome } = startSettle(['run', 'daily', '--date', DATE, '--rerun'], { url: database.url });
      try {
        await expect.poll(revision, { timeout: 60_000, interval: 5 }).not.toBe(last);
      } finally {
        child.kill('SIGKILL');
        await outcome;
        await watched.close();
      }
      expect((await expectNew())[0]).not.toBe(before[0]);
      expect((await settle('run', 'daily', '--date', DATE)).code).toBe(0);
      await expectNew();
    });

    test('another database that keeps its answers in the same Redis is told nothing of them', async () => {
      const other = await freshPlatform(name === 'sqlite' ? 'sqlite' : name);
      const service = await startService(other.url, ['--cache', 'evict', '--redis', redis.url]);
      await all(evict);
      expect(JSON.parse(await body(service, `rankings?date=${DATE}`)).rows).toEqual([]);
      expect((await service.stop()).code).toBe(0);
      await other.drop();
    });

    test('a Redis that is stopped, and comes back, costs no error and no second', async () => {
      const wanted = await all(plain);
      redis.signal('SIGSTOP');
      try {
        for (let n = 0; n < 10; n++) expect(await all(evict)).toEqual(wanted);
        expect(await metrics(evict)).toMatch(/^settle_cache_breaker\{state="closed"\} 0$/m);
        expect(await metrics(evict)).toMatch(/^settle_cache_requests_total\{store="redis",result="passed_by"\} [1-9]/m);
      } finally {
        redis.signal('SIGCONT');
      }
      await expect
        .poll(
          async () => {
            await all(evict);
            return await metrics(evict);
          },
          { timeout: 30_000, interval: 200 },
        )
        .toMatch(/^settle_cache_breaker\{state="closed"\} 1$/m);
      await expectNew();
    });
  },
);
