/** Writes what became of products, under the locks of their heads. */
import { isDeepStrictEqual } from 'node:util';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../../database/database.ts';
import type { InsertTarget } from '../../../database/dialect.ts';
import { instantText } from '../../../database/instant.ts';
import { inSmallGroups } from '../../../ledger/in-groups.ts';
import { optimisticLock } from '../../../repository/row.ts';
import type { Reservation, SetAside, StockDay } from '../rules/stock-book.ts';
import { type Fingerprint, readFingerprints, readHeads, type StockHead } from './stock-store.ts';

/** A product as it was read, and what became of it. */
export interface SettledProduct {
  readonly productId: bigint;
  readonly head: StockHead | undefined;
  readonly fingerprint: Fingerprint;
  readonly result: StockResult | StockException;
}

export interface StockResult {
  /** What is settled after this date is replaced; undefined: everything. */
  readonly baseDate: string | undefined;
  readonly baseEnd: string | undefined;
  /** Something that was settled is settled anew. */
  readonly isAnew: boolean;
  readonly days: readonly StockDay[];
  readonly reservations: readonly Reservation[];
  readonly setAside: readonly SetAside[];
  /** Of the last of `days`, or of the base: date and end. */
  readonly throughDate: string | undefined;
  readonly throughEnd: string | undefined;
}

/** A product that would fall below 0: it is left as it was. */
export interface StockException {
  readonly date: string;
  readonly movementId: bigint;
  readonly reason: string;
}

export interface StockRun {
  readonly zone: string;
  readonly jobExecutionId: number;
  /** See `readFingerprints`. */
  readonly from: string;
  readonly end: string;
}

const headTarget: InsertTarget = {
  table: 'settle_stock_head',
  columns: ['product_id', 'revision', 'zone', 'through_date', 'through_end'],
  keys: ['product_id'],
};
const dayTarget: InsertTarget = {
  table: 'settle_stock_daily',
  columns: [
    'product_id',
    'business_date',
    'on_hand',
    'reserved',
    'opening',
    'received_units',
    'adjusted_units',
    'reserved_units',
    'confirmed_units',
    'released_units',
    'timed_out_units',
    'movements',
    'digest',
    'job_execution_id',
  ],
};
const reservationTarget: InsertTarget = {
  table: 'settle_stock_reservation',
  columns: [
    'product_id',
    'reservation_id',
    'movement_id',
    'quantity',
    'reserved_at',
    'held_until',
    'outcome',
    'ended_at',
  ],
  mode: 'replace-values',
  keys: ['product_id', 'reservation_id'],
};
const setAsideTarget: InsertTarget = {
  table: 'settle_stock_set_aside',
  columns: ['product_id', 'movement_id', 'business_date', 'reason', 'job_execution_id'],
  mode: 'replace-values',
  keys: ['product_id', 'movement_id'],
};
const exceptionTarget: InsertTarget = {
  table: 'settle_stock_exception',
  columns: ['product_id', 'business_date', 'movement_id', 'reason', 'job_execution_id'],
  mode: 'replace-values',
  keys: ['product_id'],
};
/** Characters of settle_stock_exception.reason. */
const REASON_MAX = 190;

export function isException(result: StockResult | StockException): result is StockException {
  return 'reason' in result;
}

/** @throws SettleError OPTIMISTIC_LOCK when a product is not as it was read */
export async function writeStock(
  database: Database,
  tx: Transaction,
  run: StockRun,
  products: readonly SettledProduct[],
): Promise<void> {
  if (products.length === 0) return;
  await lockUnchanged(database, tx, run, products);
  const { dialect } = database;
  const execution = run.jobExecutionId;
  await deleteExceptions(tx, products);
  const exceptions = products.flatMap(({ productId, result }) =>
    isException(result) ? [{ productId, ...result }] : [],
  );
  await bulkInsert(
    tx,
    dialect,
    exceptionTarget,
    exceptions.map((one) => [one.productId, one.date, one.movementId, one.reason.slice(0, REASON_MAX), execution]),
  );
  const settled = products.flatMap(({ productId, head, result }) =>
    isException(result) ? [] : [{ productId, head, ...result }],
  );
  for (const { productId, isAnew, baseDate, baseEnd } of settled) {
    if (isAnew) await deleteAfter(tx, productId, baseDate, baseEnd);
  }
  await bulkInsert(
    tx,
    dialect,
    dayTarget,
    settled.flatMap(({ productId, days }) => days.map((day) => dayRow(productId, day, execution))),
  );
  await bulkInsert(
    tx,
    dialect,
    reservationTarget,
    settled.flatMap(({ productId, reservations }) => reservations.map((one) => reservationRow(productId, one))),
  );
  await bulkInsert(
    tx,
    dialect,
    setAsideTarget,
    settled.flatMap(({ productId, setAside }) =>
      setAside.map(({ movementId, date, reason }) => [productId, movementId, date, reason, execution]),
    ),
  );
  await bulkInsert(
    tx,
    dialect,
    { ...headTarget, mode: 'replace-values' },
    settled.map(({ productId, head, throughDate, throughEnd }) => [
      productId,
      (head?.revision ?? 0n) + 1n,
      run.zone,
      throughDate ?? null,
      throughEnd ?? null,
    ]),
  );
}

async function lockUnchanged(
  { dialect }: Database,
  tx: Transaction,
  { zone, from, end }: StockRun,
  products: readonly SettledProduct[],
): Promise<void> {
  const ids = products.map(({ productId }) => productId);
  await bulkInsert(
    tx,
    dialect,
    { ...headTarget, mode: 'ignore' },
    ids.map((id) => [id, 0, zone, null, null]),
  );
  const heads = await readHeads(tx, ids, true);
  const fingerprints = await readFingerprints(tx, dialect, { ids, heads }, from, end);
  for (const { productId, head, fingerprint } of products) {
    const isSame =
      heads.get(productId)?.revision === (head?.revision ?? 0n) &&
      isDeepStrictEqual(fingerprints.get(productId), fingerprint);
    if (!isSame) throw overtaken(productId);
  }
}

/** A conflict, which the chunk loop answers by reading again. */
export function overtaken(productId: bigint) {
  return optimisticLock(`product ${productId}, or one that is settled with it, was changed meanwhile`, {
    hint: 'start the run again: it continues from its last checkpoint',
  });
}

async function deleteExceptions(tx: Transaction, products: readonly SettledProduct[]): Promise<void> {
  const settled = products.filter(({ result }) => !isException(result)).map(({ productId }) => productId);
  for (const group of inSmallGroups(settled)) {
    await tx.raw(`DELETE FROM settle_stock_exception WHERE product_id IN (${group.join(',')})`);
  }
}

async function deleteAfter(
  tx: Transaction,
  productId: bigint,
  date: string | undefined,
  end: string | undefined,
): Promise<void> {
  const id = productId.toString();
  const days = tx('settle_stock_daily').where({ product_id: id });
  const setAside = tx('settle_stock_set_aside').where({ product_id: id });
  const reservations = tx('settle_stock_reservation').where({ product_id: id });
  if (date !== undefined && end !== undefined) {
    days.andWhere('business_date', '>', date);
    setAside.andWhere('business_date', '>', date);
    reservations.andWhere('reserved_at', '>=', end);
  }
  await days.delete();
  await setAside.delete();
  await reservations.delete();
}

function dayRow(productId: bigint, day: StockDay, execution: number) {
  return [
    productId,
    day.date,
    day.onHand,
    day.reserved,
    day.opening,
    day.receivedUnits,
    day.adjustedUnits,
    day.reservedUnits,
    day.confirmedUnits,
    day.releasedUnits,
    day.timedOutUnits,
    day.movements,
    day.digest,
    execution,
  ];
}

function reservationRow(productId: bigint, reservation: Reservation) {
  const { id, movementId, quantity, reservedAtMs, heldUntilMs, outcome, endedAtMs } = reservation;
  const ended = endedAtMs === null ? null : instantText(endedAtMs);
  return [productId, id, movementId, quantity, instantText(reservedAtMs), instantText(heldUntilMs), outcome, ended];
}
