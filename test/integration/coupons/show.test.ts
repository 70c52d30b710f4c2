/** What the commands print of coupons and stock, to the byte, and what is explained of one user in every case. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestCoupons, digestRange } from '../../../src/jobs/coupons/allocation/coupon-store.ts';
import { explainCoupon } from '../../../src/jobs/coupons/allocation/read-coupon.ts';
import { couponExplanationText } from '../../../src/jobs/coupons/output/coupon.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { movementsCsv, settleStock } from '../stock/support.ts';
import { allocateCoupons, DATE, DAY_START, importCsv, load } from './support.ts';

const at = (minutes: number) => DAY_START + minutes * 60_000;
let bench: Bench;

beforeAll(async () => {
  bench = await openBench('sqlite');
  const { database } = bench;
  const request = (id: number, userId: number | bigint, minutes: number, couponId = 42) => ({
    id: BigInt(id),
    couponId: BigInt(couponId),
    userId: BigInt(userId),
    requestedAt: at(minutes),
  });
  const coupons = [
    { id: 42n, quota: 2n, opensAt: at(0), closesAt: at(60) },
    // Opens later: nothing is decided.
    { id: 43n, quota: 1n, opensAt: at(24 * 60), closesAt: at(25 * 60) },
  ];
  const requests = [
    ...[request(1, 7, 5), request(2, 9_007_199_254_740_993n, 5), request(3, 7, 10)],
    ...[request(4, 9, 12), request(5, 10, -1), request(6, 11, 60)],
    ...[request(7, 7, 24 * 60 + 1, 43), request(8, 7, 1, 44)],
  ];
  await load(database, { coupons, requests });
  await allocateCoupons(database, DATE, { workers: 1 });
  const movement = (id: number, productId: number, kind: string, quantity: number, reservationId: string | null) => ({
    id: BigInt(id),
    productId: BigInt(productId),
    kind,
    quantity: BigInt(quantity),
    reservationId,
    happenedAt: at(24 * 60 - 10 + id),
  });
  const movements = [movement(1, 10, 'receive', 12, null), movement(2, 9, 'receive', 5, null)];
  movements.push(movement(3, 9, 'reserve', 2, 'a'), movement(4, 8, 'adjust', -1, null));
  await importCsv(database, 'stock-movements', movementsCsv(movements));
  await settleStock(database, DATE, { workers: 1 });
});
afterAll(async () => await bench.drop());

const settle = async (...args: string[]) => await runSettle(args, { url: bench.test.url });

test('settle coupon show', async () => {
  const csv = await settle('coupon', 'show', '42', '--format', 'csv');
  expect(csv).toMatchObject({ code: 0, stderr: '', stdout: 'user_id,place\n7,1\n9007199254740993,2\n' });
  const table = await settle('coupon', 'show', '42');
  expect(table.stdout).toBe(`coupon     42, 2 to give away
open       2026-11-19 15:00:00.000 to 2026-11-19 16:00:00.000 UTC
allocated  for 2026-11-20 by execution 3, revision 1
requests   6: 2 issued, 1 too-early, 1 repeat, 1 sold-out, 1 too-late

place           user_id  request  requested_at (UTC)
    1                 7        1  2026-11-19 15:05:00.000
    2  9007199254740993        2  2026-11-19 15:05:00.000
`);
  const json = await settle('coupon', 'show', '42', '--format', 'json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    id: 42,
    quota: 2,
    allocation: { requests: 6, issued: 2, refused: { 'sold-out': 1 }, isComplete: true },
    issues: [
      { user_id: 7, place: 1, request_id: 1, requested_at: '2026-11-19 15:05:00.000' },
      // As text where a number of JavaScript does not hold it.
      { user_id: '9007199254740993', place: 2, request_id: 2 },
    ],
  });
});

test('settle stock', async () => {
  const csv = await settle('stock', '--date', DATE, '--format', 'csv');
  expect(csv.stdout).toBe('product_id,on_hand,reserved\n9,5,2\n10,12,0\n');
  expect(csv.stderr).toBe('product 8 is oversold since 2026-11-20: movement 4 (adjust -1): on hand would be -1\n');
  expect(csv.code).toBe(0);
});

test.each([
  [
    'has it',
    42n,
    7n,
    [
      'user       7: has the coupon, place 1',
      'queue      1. of the users who asked within the time',
      'request    1, 2026-11-19 15:05:00.000 UTC: issued',
      'request    3, 2026-11-19 15:10:00.000 UTC: refused, repeat',
    ],
  ],
  [
    'comes too late for the quota',
    42n,
    9n,
    ['user       9: refused: all were given away before', 'queue      3. of the users who asked within the time'],
  ],
  ['asks before it opens', 42n, 10n, ['user       10: refused: asked before the coupon opened']],
  ['asks when it has closed', 42n, 11n, ['user       11: refused: asked when the coupon had closed']],
  [
    'asks for one that is not decided',
    43n,
    7n,
    ['allocated  not yet: `settle run coupon-allocation --date D` does it', 'user       7: undecided yet'],
  ],
  [
    'asks for one that is not there',
    44n,
    7n,
    ['coupon     44, which is not there', 'user       7: refused: there is no such coupon'],
  ],
])('settle explain coupon: a user who %s', async (_, coupon, user, lines) => {
  const text = couponExplanationText(await explainCoupon(bench.database, coupon, user));
  for (const line of lines) expect(text.split('\n')).toContain(line);
  const last = 'last one   place 2: user 9007199254740993, request 2, 2026-11-19 15:05:00.000 UTC';
  if (coupon === 42n) expect(text.split('\n')).toContain(last);
  else expect(text).not.toContain('last one');
  if (!lines.some((line) => line.startsWith('queue')) && coupon === 42n) expect(text).not.toContain('queue');
});

test('settle explain coupon: what cannot be explained', async () => {
  await expect(explainCoupon(bench.database, 42n, 12n)).rejects.toThrow('user 12 never asked for coupon 42');
  await expect(explainCoupon(bench.database, 99n, 7n)).rejects.toThrow('there is no coupon 99');
});

test('the digest of more requests than 2^53 holds is exact', async () => {
  const { knex, dialect } = bench.database;
  // As the digests of a million requests add up in each row.
  const large: typeof dialect = Object.create(dialect, { rowDigest: { value: () => '4503599627370497' } });
  expect(await digestCoupons(knex, large, [42n])).toEqual(new Map([[42n, '6/27021597764222982']]));
  const all = await digestRange(knex, large, 42n, undefined, { requestedAt: '2026-11-21 00:00:00.000', id: 0n });
  expect(all).toEqual({ rows: 6, sum: 27_021_597_764_222_982n });
});
