/** Promised coupons and stock counters in a real Redis beside what is settled: found, stored, and set right when asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { couponAllocationJob } from '../../../src/jobs/coupons/allocation/definition.ts';
import { differencesCsv } from '../../../src/jobs/publication/output/differences.ts';
import { streamComparisons, streamLines } from '../../../src/jobs/publication/read-differences.ts';
import { stockSettlementJob } from '../../../src/jobs/stock/settlement/definition.ts';
import { changeMembers } from '../../../src/redis/scripts/change-members.ts';
import { runScript } from '../../../src/redis/scripts/run-script.ts';
import { setCounters } from '../../../src/redis/scripts/set-counters.ts';
import { endTrouble } from '../../../src/redis/trouble.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { hasPrivateRedis, type PrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { DATE, DAY_START, importCsv, load, ZONE } from './support.ts';

const HOUR = 3_600_000;
const at = (minutes: number) => DAY_START + minutes * 60_000;

const databases = sampledDatabases(import.meta.url);

describe.skipIf(!hasPrivateRedis).each(databases)('what Redis promises beside $name', ({ name }) => {
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
    endTrouble();
    process.env.SETTLE_REDIS_URL = redis.url;
    await redis.client.flushall();
    bench = await openBench(name);
  });
  afterEach(async () => {
    delete process.env.SETTLE_REDIS_URL;
    endTrouble();
    await bench.drop();
  });

  /** Runs a job again; returns its execution, and the totals and lines of its comparison. */
  async function compare(which: 'coupons' | 'stock', repair = false) {
    const job = which === 'coupons' ? couponAllocationJob : stockSettlementJob;
    const parameters = { date: DATE, zone: ZONE, ...(repair ? { repair: 'redis' } : {}) };
    const { outcome, execution, error } = await runJob(bench.database, job, parameters, {
      workers: 1,
      rerun: true,
      logger,
    });
    if (outcome === 'failed') throw error;
    const [{ SHORT_CONTEXT: text }] = await bench.database
      .knex('BATCH_JOB_EXECUTION_CONTEXT')
      .where({ JOB_EXECUTION_ID: execution!.id });
    let lines = '';
    for await (const page of streamLines(bench.database.knex, execution!.id)) lines += differencesCsv(page);
    return { id: execution!.id, context: JSON.parse(text)[`redis.${which}`]?.[1], lines };
  }

  const promise = (id: number, ...users: (number | string)[]) =>
    redis.client.sadd(`coupon:${id}:issued`, ...users.map(String));
  const promised = async (id: number) => (await redis.client.smembers(`coupon:${id}:issued`)).sort();

  async function loadCoupons(): Promise<void> {
    const request = (id: number, couponId: number, userId: number) => ({
      id: BigInt(id),
      couponId: BigInt(couponId),
      userId: BigInt(userId),
      requestedAt: at(10 + id),
    });
    await load(bench.database, {
      coupons: [
        { id: 1n, quota: 2n, opensAt: at(0), closesAt: at(60) },
        { id: 2n, quota: 5n, opensAt: at(0), closesAt: at(60) },
        // Closes in some years: its promises may still be kept.
        { id: 3n, quota: 5n, opensAt: at(0), closesAt: at(0) + 40 * 8_766 * HOUR },
        { id: 4n, quota: 1n, opensAt: at(0), closesAt: at(60) },
      ],
      requests: [
        request(1, 1, 11),
        request(2, 1, 12),
        request(3, 1, 13),
        request(4, 2, 21),
        request(5, 3, 31),
        request(6, 4, 41),
      ],
    });
    // Beyond the quota; who never asked; nobody's id; and one who got it is not there.
    await promise(1, 11, 13, 99, 'x,y');
    await promise(2, 21);
    await promise(3, 32);
  }

  test('promises that are not kept are listed with their reasons, and taken back only when asked', async () => {
    await loadCoupons();
    const found = await compare('coupons');
    const lines = [
      'coupon,1,12,,issued,not-promised,no',
      'coupon,1,13,promised,,sold-out,no',
      'coupon,1,99,promised,,no-request,no',
      'coupon,1,"x,y",promised,,unreadable,no',
      'coupon,3,31,,issued,not-promised,no',
      'coupon,3,32,promised,,no-request,no',
      '',
    ].join('\n');
    expect(found.lines).toBe(lines);
    // Coupon 4 has no set at all.
    expect(found.context).toMatchObject({ compared: 4, differing: 2, absent: 1, repaired: 0, 'promised only': 3 });
    expect(await promised(1)).toEqual(['11', '13', '99', 'x,y']);
    expect(warnings).toEqual([
      `the promises of 2 coupons in Redis differ from who got them: \`settle differences ${found.id}\``,
    ]);

    const repaired = await compare('coupons', true);
    expect(await promised(1)).toEqual(['11', '12', 'x,y']);
    expect(await promised(2)).toEqual(['21']);
    expect(await promised(3)).toEqual(['31', '32']);
    expect(await promised(4)).toEqual(['41']);
    expect(repaired.context).toMatchObject({ differing: 3, repaired: 5, moving: 0 });
    expect(repaired.lines.split('\n').filter((line) => line.endsWith(',yes'))).toEqual([
      'coupon,1,12,,issued,not-promised,yes',
      'coupon,1,13,promised,,sold-out,yes',
      'coupon,1,99,promised,,no-request,yes',
      'coupon,3,31,,issued,not-promised,yes',
      'coupon,4,41,,issued,not-promised,yes',
    ]);
    for await (const [first] of streamComparisons(bench.database.knex, repaired.id)) {
      expect(first).toEqual({
        couponId: 1n,
        promised: 4,
        issued: 2,
        promisedOnly: 2,
        issuedOnly: 1,
        unreadable: 1,
        repaired: 3,
        isMoving: false,
      });
    }
    expect((await compare('coupons', true)).context).toMatchObject({ differing: 2, repaired: 0 });
    // The first list is what that run found.
    expect(lines).toBe(found.lines);
  });

  const movements = (...rows: string[]) =>
    importCsv(
      bench.database,
      'stock-movements',
      ['id,product_id,kind,quantity,reservation_id,happened_at', ...rows, ''].join('\n'),
    );
  const time = (minutes: number) => new Date(at(minutes)).toISOString();

  test('counters are compared with what is available now, and set only when asked', async () => {
    await movements(
      `1,1,receive,10,,${time(0)}`,
      `2,1,reserve,3,a,${time(1)}`,
      `3,2,receive,5,,${time(0)}`,
      // After the date: what a counter has seen, too.
      `4,2,receive,7,,${time(24 * 60 + 5)}`,
      `5,3,receive,1,,${time(0)}`,
      `6,4,adjust,-1,,${time(0)}`,
      `7,5,receive,4,,${time(0)}`,
      `8,6,receive,9007199254740993,,${time(0)}`,
    );
    // The reservation has timed out by now. Product 4 is oversold.
    const counters = { 1: '7', 2: '12', 3: '8x', 4: '9', 6: '9007199254740992' };
    for (const [id, units] of Object.entries(counters)) await redis.client.set(`stock:${id}`, units, 'PX', 900_000);
    const found = await compare('stock');
    const lines = [
      'stock,1,,7,10,differs,no',
      'stock,3,,8x,1,unreadable,no',
      'stock,5,,,4,missing,no',
      'stock,6,,9007199254740992,9007199254740993,differs,no',
      '',
    ].join('\n');
    expect(found.lines).toBe(lines);
    expect(found.context).toMatchObject({ compared: 5, differing: 4, missing: 1, oversold: 1, repaired: 0 });
    const values = () => redis.client.mget([1, 2, 3, 4, 5, 6].map((id) => `stock:${id}`));
    expect(await values()).toEqual(['7', '12', '8x', '9', null, '9007199254740992']);
    expect((await compare('stock', true)).context).toMatchObject({ differing: 4, repaired: 4, moving: 0 });
    expect(await values()).toEqual(['10', '12', '1', '9', '4', '9007199254740993']);
    expect(await redis.client.pttl('stock:1')).toBeGreaterThan(0);
    expect((await compare('stock')).lines).toBe('');
    expect(warnings.length).toBe(2);
  });

  ofRedis('away, stopped, or without anything: the run is complete, with one warning', async () => {
    await loadCoupons();
    await movements(`1,1,receive,10,,${time(0)}`);
    await redis.client.flushall();
    expect((await compare('coupons')).context).toMatchObject({ differing: 0, absent: 4 });
    expect((await compare('stock')).context).toMatchObject({ differing: 0, missing: 1 });
    expect(warnings).toEqual([]);
    process.env.SETTLE_REDIS_URL = 'redis://127.0.0.1:1';
    const problem = expect.stringMatching(/ECONNREFUSED/);
    expect((await compare('coupons')).context).toMatchObject({ compared: 0, problem });
    expect((await compare('stock')).context.problem).toMatch(/trouble/);
    expect(warnings).toEqual([
      expect.stringMatching(/^the promised coupons are not compared with Redis: .*ECONNREFUSED/),
    ]);
    process.env.SETTLE_REDIS_URL = redis.url;
    endTrouble();
    redis.signal('SIGSTOP');
    try {
      const begunMs = performance.now();
      expect((await compare('stock', true)).context.problem).toMatch(/timed? ?out/i);
      expect(performance.now() - begunMs).toBeLessThan(30_000);
    } finally {
      redis.signal('SIGCONT');
    }
    expect(warnings.length).toBe(2);
  });

  ofRedis('a crowd is compared and set right in pages', async () => {
    const count = 6_000;
    const requests = Array.from({ length: count }, (_, i) => ({
      id: BigInt(i + 1),
      couponId: 1n,
      userId: BigInt(i + 1),
      requestedAt: at(1) + i,
    }));
    await load(bench.database, { coupons: [{ id: 1n, quota: 4_000n, opensAt: at(0), closesAt: at(60) }], requests });
    // Those of places 1 to 1,500 are not there; 1,200 are promised beyond the quota.
    await promise(1, ...Array.from({ length: 3_700 }, (_, i) => i + 1_501));
    const found = await compare('coupons');
    expect(found.context).toMatchObject({ 'promised only': 1_200, 'issued only': 1_500, repaired: 0 });
    // Every promise is listed; of who lacks one, as many as help.
    expect(found.lines.match(/,promised,,sold-out,no$/gm)?.length).toBe(1_200);
    expect(found.lines.match(/,not-promised,no$/gm)?.length).toBe(1_000);
    expect((await compare('coupons', true)).context).toMatchObject({ repaired: 2_700, moving: 0 });
    expect((await compare('coupons')).context).toMatchObject({ compared: 1, differing: 0 });
    expect(await redis.client.scard('coupon:1:issued')).toBe(4_000);
  });

  ofRedis('what a rival has written since is left alone', async () => {
    await redis.client.mset('stock:1', '5', 'stock:2', '5');
    await redis.client.lpush('stock:4', 'a list');
    const keys = [1, 2, 3, 4, 5].map((id) => `stock:${id}`);
    const values = [1, '5', 9, 1, '6', 9, 0, '', 9, 0, '', 9, 1, '7', 9];
    expect(await runScript(redis.client, setCounters, keys, values)).toEqual([1, 0, 1, 0, 0]);
    expect(await redis.client.mget(keys)).toEqual(['9', '5', '9', null, null]);
    const change = (...given: (string | number)[]) =>
      runScript(redis.client, changeMembers, ['coupon:1:issued'], given);
    await promise(1, 1, 2);
    for (const stale of [
      [3, 'add', 7],
      [2, 'add', 2],
      [2, 'remove', 7],
      [2, 'add', 7, 1],
    ]) {
      expect(await change(...stale)).toBe(-1);
    }
    expect(await promised(1)).toEqual(['1', '2']);
    expect(await change(2, 'add', 7, 8)).toBe(4);
    expect(await change(4, 'remove', 1, 7)).toBe(2);
    expect(await promised(1)).toEqual(['2', '8']);
  });

  ofRedis('a repair beside a shop that sells: no unit is lost or made', async () => {
    const { knex } = bench.database;
    await movements(`1,1,receive,1000,,${time(0)}`, `2,2,receive,1000,,${time(0)}`);
    await redis.client.mset('stock:1', '1000', 'stock:2', '3');
    const shop = new Redis(redis.port);
    let isOpen = true;
    let sold = 0;
    const selling = (async () => {
      while (isOpen) {
        await shop.decr('stock:1');
        await sleep(20);
        sold++;
        await knex('stock_movement').insert({
          id: 100 + sold,
          product_id: 1,
          kind: 'adjust',
          quantity: -1,
          happened_at: new Date().toISOString().replace('T', ' ').slice(0, 23),
        });
        await sleep(3);
      }
    })();
    try {
      for (let i = 0; i < 2; i++) await compare('stock', true);
    } finally {
      isOpen = false;
      await selling;
      shop.disconnect();
    }
    expect(sold).toBeGreaterThan(5);
    expect(await redis.client.mget('stock:1', 'stock:2')).toEqual([String(1000 - sold), '1000']);
  });

  ofRedis('the command lists them, and a run tells of them', async () => {
    await loadCoupons();
    const env = { SETTLE_REDIS_URL: redis.url };
    const settle = (...args: string[]) => runSettle(args, { url: bench.test.url, env });
    const run = await settle('run', 'coupon-allocation', '--date', DATE, '--repair', '--workers', '1');
    expect(run).toMatchObject({ code: 0 });
    const [, id] = /settle differences (\d+)/.exec(run.stdout + run.stderr)!;
    const shown = await settle('show', id);
    expect(shown.stdout).toContain('compared with Redis');
    expect(shown.stdout).toContain('coupons: 4 compared, 3 differing, 3 promised only, 3 issued only');
    const csv = await settle('differences', id, '--format', 'csv');
    expect(csv.stdout).toMatch(/^what,id,member,redis,settled,reason,repaired\ncoupon,1,12,,issued,not-promised,yes\n/);
    const json = JSON.parse((await settle('differences', id, '--json')).stdout);
    expect(json.coupons.length).toBe(3);
    expect(json.differences.length).toBe(7);
    expect((await settle('differences', '999')).code).toBe(2);
  });
});
