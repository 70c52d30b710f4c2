/** Coupons of every kind on every dialect beside plain loops: in any order of arrival, in any partitions and chunks. */
import { afterEach, describe, expect, test } from 'vitest';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  allocateCoupons,
  allocated,
  DATE,
  expectAsOracle,
  importCsv,
  load,
  randomData,
  requestsCsv,
} from './support.ts';

const data = randomData(60, 40, 20_261_120);

describe.each(sampledDatabases(import.meta.url))('coupons on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  test('all at once, and again without a change', async () => {
    bench = await openBench(name);
    await load(bench.database, data);
    await allocateCoupons(bench.database, DATE, { workers: 1 });
    await expectAsOracle(bench.database, data);
    const told = await bench.database.knex('settle_outbox').count({ rows: '*' });
    const again = await allocateCoupons(bench.database, DATE, { workers: 1, rerun: true });
    expect(again.outcome).toBe('completed');
    expect(await bench.database.knex('settle_outbox').count({ rows: '*' })).toEqual(told);
    await expectAsOracle(bench.database, data);
  });

  test('in pages of a few requests, in several partitions', async () => {
    bench = await openBench(name);
    await load(bench.database, data);
    await allocateCoupons(bench.database, DATE, { workers: 2, partitions: 3, chunkSize: 7 });
    await expectAsOracle(bench.database, data);
  });

  test('requests that arrive late move those they displace, and no others', async () => {
    bench = await openBench(name);
    const { database } = bench;
    const early = data.requests.filter(({ id }) => id % 3n !== 0n);
    await load(database, { coupons: data.coupons.slice(0, -5), requests: early });
    await allocateCoupons(database, DATE, { workers: 1, chunkSize: 50 });
    await expectAsOracle(database, { coupons: data.coupons.slice(0, -5), requests: early });
    await load(database, { coupons: data.coupons, requests: data.requests });
    await allocateCoupons(database, '2026-11-21', { workers: 2, chunkSize: 11 });
    await expectAsOracle(database, data);
    expect((await allocated(database)).issues.length).toBeGreaterThan(100);
    // The same file again, with its lines in another order.
    await importCsv(database, 'coupon-requests', requestsCsv(data.requests.toReversed()));
    const told = await database.knex('settle_outbox').count({ rows: '*' });
    await allocateCoupons(database, '2026-11-22', { workers: 1 });
    await expectAsOracle(database, data);
    expect(await database.knex('settle_outbox').count({ rows: '*' })).toEqual(told);
  });
});
