/** What the tests of stock share: products and movements, runs, and the tables beside the oracle's. */
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { stockSettlementJob } from '../../../src/jobs/stock/settlement/definition.ts';
import { readStock } from '../../../src/jobs/stock/settlement/read-stock.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { randomOf } from '../../oracles/logs.ts';
import { type OracleMovement, stockAt } from '../../oracles/stock.ts';
import { DAY_START, importCsv, ZONE } from '../coupons/support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const TIMEOUT = 30 * 60_000;

export interface StockData {
  readonly openings: ReadonlyMap<bigint, bigint>;
  readonly movements: readonly OracleMovement[];
}

export async function loadStock(database: Database, { openings, movements }: StockData): Promise<void> {
  const rows = [...openings].map(([id, onHand]) => ({ product_id: Number(id), on_hand: Number(onHand) }));
  if (rows.length > 0) await database.knex('stock').insert(rows).onConflict('product_id').ignore();
  await importCsv(database, 'stock-movements', movementsCsv(movements));
}

export function movementsCsv(movements: readonly OracleMovement[]): string {
  const rows = movements.map(
    (m) =>
      `${m.id},${m.productId},${m.kind},${m.quantity},${m.reservationId ?? ''},${new Date(m.happenedAt).toISOString()}`,
  );
  return ['id,product_id,kind,quantity,reservation_id,happened_at', ...rows, ''].join('\n');
}

/** Runs the settlement; throws what it failed with. */
export async function settleStock(
  database: Database,
  date: string,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  const result = await runJob(database, stockSettlementJob, { date, zone: ZONE }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** The date of that many days after DATE, and its end. */
export function dayOf(day: number): { readonly date: string; readonly end: number } {
  const start = DAY_START + day * DAY;
  return { date: new Date(start + 9 * HOUR).toISOString().slice(0, 10), end: start + DAY };
}

/** Asserts that stock, what is set aside and exceptions are what plain loops make of the data, and that units balance. */
export async function expectAsOracle(database: Database, { openings, movements }: StockData, day: number) {
  const { date, end } = dayOf(day);
  const expected = stockAt(openings, movements, end, TIMEOUT);
  const lines: string[] = [];
  for await (const page of readStock(database, date)) {
    lines.push(...page.map(({ productId, onHand, reserved }) => `${productId},${onHand},${reserved}`));
  }
  expect(lines).toEqual(expected.lines);
  const { knex } = database;
  const oversold = await knex('settle_stock_exception').orderBy('product_id').select('product_id');
  expect(oversold.map((row) => BigInt(row.product_id))).toEqual(expected.oversold);
  const good = (row: { product_id: unknown }) => !expected.oversold.includes(BigInt(String(row.product_id)));
  const setAside = await knex('settle_stock_set_aside').orderBy('movement_id');
  expect(setAside.filter(good).map((row) => `${row.movement_id} ${row.reason}`)).toEqual(expected.setAside);
  await expectConserved(database);
}

/** Each row follows from the one before it by what it says has changed; what is reserved is what is open. */
async function expectConserved({ knex }: Database): Promise<void> {
  const days = await knex('settle_stock_daily').orderBy(['product_id', 'business_date']);
  const last = new Map<string, { onHand: bigint; reserved: bigint }>();
  for (const row of days) {
    const [id, big] = [String(row.product_id), (name: string) => BigInt(row[name])];
    const before = last.get(id) ?? { onHand: big('opening'), reserved: 0n };
    const onHand = before.onHand + big('received_units') + big('adjusted_units') - big('confirmed_units');
    const ended = big('confirmed_units') + big('released_units') + big('timed_out_units');
    const reserved = before.reserved + big('reserved_units') - ended;
    expect([big('on_hand'), big('reserved')], `product ${id} on ${row.business_date}`).toEqual([onHand, reserved]);
    last.set(id, { onHand, reserved });
  }
  const open = await knex('settle_stock_reservation').where({ outcome: 'open' });
  const sums = new Map<string, bigint>();
  for (const row of open) {
    const id = String(row.product_id);
    sums.set(id, (sums.get(id) ?? 0n) + BigInt(row.quantity));
  }
  for (const [id, { reserved }] of last) expect(sums.get(id) ?? 0n, `reserved of product ${id}`).toBe(reserved);
}

/** Movements of some days and products, reproducible: time-outs over midnight, repeats, strangers, oversold products. */
export function randomStock(products: number, days: number, seed: number): StockData {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const openings = new Map<bigint, bigint>();
  const movements: OracleMovement[] = [];
  for (let i = 1; i <= products; i++) {
    const productId = BigInt(i * 7);
    if (below(3) === 0) openings.set(productId, BigInt(below(30)));
    const add = (kind: string, quantity: number, reservationId: string | null, happenedAt: number) =>
      movements.push({ id: 0n, productId, kind, quantity: BigInt(quantity), reservationId, happenedAt });
    if (below(8) > 0) add('receive', 40 + below(400), null, DAY_START + below(HOUR));
    for (let n = below(12 * days); n > 0; n--) {
      const at = DAY_START + HOUR + below(days * DAY - 2 * HOUR);
      // Just before midnight now and then.
      const when = below(6) === 0 ? DAY_START + (1 + below(days)) * DAY - below(40) * 60_000 : at;
      const id = `r${below(40)}`;
      const quantity = 1 + below(5);
      if (below(4) === 0) add(below(2) === 0 ? 'adjust' : 'receive', below(9), null, when);
      if (movements.at(-1)?.kind === 'receive' && movements.at(-1)?.quantity === 0n) movements.pop();
      add('reserve', quantity, id, when);
      const later = when + [0, 60_000, TIMEOUT - 1, TIMEOUT, TIMEOUT + 1, 3 * HOUR][below(6)];
      if (below(4) > 0) add(below(2) === 0 ? 'confirm' : 'release', 0, below(9) === 0 ? 'stranger' : id, later);
    }
  }
  const shuffled = movements.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at);
  return { openings, movements: shuffled.map(({ one }, i) => ({ ...one, id: BigInt(i + 1) })) };
}
