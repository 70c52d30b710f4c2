/** Statements that read stock, stock_movement and what is settled of them. */
import type { Executor } from '../../../database/database.ts';
import type { Dialect } from '../../../database/dialect.ts';
import { parseInstant } from '../../../database/instant.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { type Row, toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { inSmallGroups } from '../../../ledger/in-groups.ts';
import type { Movement } from '../rules/movement.ts';
import type { Reservation, ReservationOutcome } from '../rules/stock-book.ts';

/** How far a product is settled. */
export interface StockHead {
  readonly revision: bigint;
  readonly zone: string;
  /** Date of its last row, and the end of that date; undefined: it has none. */
  readonly throughDate: string | undefined;
  readonly throughEnd: string | undefined;
}

/** The stock that a book begins with: a row of settle_stock_daily. */
export interface StockBase {
  readonly date: string;
  readonly opening: bigint;
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly movements: bigint;
  readonly digest: bigint;
}

/** Movements of a product, before the end of what is settled and after it: how many, and the sum of their digests. */
export interface Fingerprint {
  readonly knownRows: number;
  readonly knownDigest: bigint;
  readonly newRows: number;
  readonly newDigest: bigint;
}

/** Half-open, `YYYY-MM-DD HH:MM:SS.sss`; `from` undefined: since ever. */
export interface MovementRange {
  readonly productId: bigint;
  readonly from: string | undefined;
  readonly to: string;
}

export interface StoredMovement extends Movement {
  readonly productId: bigint;
  readonly happenedAt: string;
}

const noMovements: Fingerprint = { knownRows: 0, knownDigest: 0n, newRows: 0, newDigest: 0n };
const baseColumns = 'd.product_id, d.business_date, d.opening, d.on_hand, d.reserved, d.movements, d.digest';
const reservationColumns =
  'product_id, reservation_id, movement_id, quantity, reserved_at, held_until, outcome, ended_at';

/** Ids of products that have a row of stock or a movement, from `fromId` to `toId`, at most `limit`. */
export async function readProductIds(
  executor: Executor,
  fromId: bigint,
  toId: bigint,
  limit: number,
): Promise<bigint[]> {
  const between = `WHERE product_id BETWEEN ${fromId} AND ${toId}`;
  const rows = rowsOf(
    await executor.raw(
      `SELECT p.id FROM (SELECT DISTINCT product_id AS id FROM stock_movement ${between}
        UNION SELECT product_id FROM stock ${between}) p ORDER BY p.id LIMIT ${limit}`,
    ),
  );
  return rows.map((row) => toBigInt(row.id));
}

export async function readOpenings(executor: Executor, ids: readonly bigint[]): Promise<Map<bigint, bigint>> {
  const openings = new Map<bigint, bigint>();
  for (const group of inSmallGroups(ids)) {
    const sql = `SELECT product_id, on_hand FROM stock WHERE product_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) openings.set(toBigInt(row.product_id), toBigInt(row.on_hand));
  }
  return openings;
}

/** @param isLocking the rows stay locked until the executor's transaction ends; `ids` ascend then */
export async function readHeads(
  executor: Executor,
  ids: readonly bigint[],
  isLocking = false,
): Promise<Map<bigint, StockHead>> {
  const heads = new Map<bigint, StockHead>();
  for (const group of inSmallGroups(ids)) {
    const query = executor('settle_stock_head')
      .whereRaw(`product_id IN (${group.join(',')})`)
      .orderBy('product_id')
      .select('product_id', 'revision', 'zone', 'through_date', 'through_end');
    const rows: Row[] = await (isLocking ? query.forUpdate() : query);
    for (const row of rows) {
      heads.set(toBigInt(row.product_id), {
        revision: toBigInt(row.revision),
        zone: toText(row.zone),
        throughDate: toTextOrNull(row.through_date) ?? undefined,
        throughEnd: toTextOrNull(row.through_end) ?? undefined,
      });
    }
  }
  return heads;
}

/** The last row of each product that has one. */
export async function readLastDays(executor: Executor, ids: readonly bigint[]): Promise<Map<bigint, StockBase>> {
  const bases = new Map<bigint, StockBase>();
  for (const group of inSmallGroups(ids)) {
    const rows = rowsOf(
      await executor.raw(
        `SELECT ${baseColumns} FROM settle_stock_daily d JOIN settle_stock_head h
          ON h.product_id = d.product_id AND h.through_date = d.business_date
          WHERE d.product_id IN (${group.join(',')})`,
      ),
    );
    for (const row of rows) bases.set(toBigInt(row.product_id), toBase(row));
  }
  return bases;
}

/** The last row of each product before a date; of those that have one. */
export async function readDaysBefore(
  executor: Executor,
  ids: readonly bigint[],
  date: string,
): Promise<Map<bigint, StockBase>> {
  const bases = new Map<bigint, StockBase>();
  for (const group of inSmallGroups(ids)) {
    const list = group.join(',');
    const rows = rowsOf(
      await executor.raw(
        `SELECT ${baseColumns} FROM settle_stock_daily d JOIN (SELECT product_id, MAX(business_date) AS last_date
            FROM settle_stock_daily WHERE product_id IN (${list}) AND business_date < ? GROUP BY product_id) l
          ON l.product_id = d.product_id AND l.last_date = d.business_date WHERE d.product_id IN (${list})`,
        [date],
      ),
    );
    for (const row of rows) bases.set(toBigInt(row.product_id), toBase(row));
  }
  return bases;
}

/**
 * Of the movements from `from` on, or from the end of what is settled when that is earlier, or of all of them for products
 * without a row; up to `end`, or the end of what is settled when that is later.
 */
export async function readFingerprints(
  executor: Executor,
  dialect: Dialect,
  products: { readonly ids: readonly bigint[]; readonly heads: ReadonlyMap<bigint, StockHead> },
  from: string,
  end: string,
): Promise<Map<bigint, Fingerprint>> {
  const { ids, heads } = products;
  const digest = digestOf(dialect);
  const found = new Map<bigint, Fingerprint>(ids.map((id) => [id, noMovements]));
  const isKnown = 'h.through_end IS NOT NULL AND m.happened_at < h.through_end';
  const known = (value: string) => `SUM(CASE WHEN ${isKnown} THEN ${value} ELSE 0 END)`;
  const later = (value: string) => `SUM(CASE WHEN ${isKnown} THEN 0 ELSE ${value} END)`;
  for (const group of inSmallGroups(ids)) {
    const ranges = group.map((productId) => {
      const through = heads.get(productId)?.throughEnd;
      if (through === undefined) return { productId, from: undefined, to: end };
      return { productId, from: through < from ? through : from, to: through > end ? through : end };
    });
    const { where, bindings } = whereRanges(ranges);
    const sql = `SELECT m.product_id, ${known('1')} AS known_rows, ${known(digest)} AS known_digest,
        ${later('1')} AS new_rows, ${later(digest)} AS new_digest
      FROM stock_movement m LEFT JOIN settle_stock_head h ON h.product_id = m.product_id
      WHERE ${where} GROUP BY m.product_id`;
    for (const row of rowsOf(await executor.raw(sql, bindings))) {
      found.set(toBigInt(row.product_id), {
        knownRows: toNumber(row.known_rows),
        knownDigest: toBigInt(row.known_digest),
        newRows: toNumber(row.new_rows),
        newDigest: toBigInt(row.new_digest),
      });
    }
  }
  return found;
}

/** The movements of several products, in the order of their book. */
export async function readMovements(
  executor: Executor,
  dialect: Dialect,
  ranges: readonly MovementRange[],
): Promise<StoredMovement[]> {
  const movements: StoredMovement[] = [];
  for (const group of inSmallGroups(ranges)) {
    const { where, bindings } = whereRanges(group);
    const sql = `${selectMovements(dialect)} WHERE ${where} ORDER BY m.product_id, m.happened_at, m.id`;
    for (const row of rowsOf(await executor.raw(sql, bindings))) movements.push(toMovement(row));
  }
  return movements;
}

/** The movements of one product, so many a page, in the order of its book. */
export async function* pageMovements(
  executor: Executor,
  dialect: Dialect,
  { productId, from, to }: MovementRange,
  pageRows: number,
): AsyncGenerator<readonly StoredMovement[]> {
  const select = `${selectMovements(dialect)} WHERE m.product_id = ${productId} AND m.happened_at < ?`;
  const order = 'ORDER BY m.happened_at, m.id LIMIT';
  let last: StoredMovement | undefined;
  for (;;) {
    const page: Row[] = [];
    if (last === undefined) {
      const first = from === undefined ? select : `${select} AND m.happened_at >= ?`;
      const bindings = from === undefined ? [to] : [to, from];
      page.push(...rowsOf(await executor.raw(`${first} ${order} ${pageRows}`, bindings)));
    } else {
      const same = `${select} AND m.happened_at = ? AND m.id > ${last.id} ${order} ${pageRows}`;
      page.push(...rowsOf(await executor.raw(same, [to, last.happenedAt])));
      const left = pageRows - page.length;
      const later = `${select} AND m.happened_at > ? ${order} ${left}`;
      if (left > 0) page.push(...rowsOf(await executor.raw(later, [to, last.happenedAt])));
    }
    if (page.length === 0) return;
    const movements = page.map(toMovement);
    last = movements.at(-1);
    yield movements;
    if (page.length < pageRows) return;
  }
}

/** What is reserved at present. */
export async function readOpenReservations(
  executor: Executor,
  ids: readonly bigint[],
): Promise<Map<bigint, Reservation[]>> {
  const all = new Map<bigint, Reservation[]>();
  for (const group of inSmallGroups(ids)) {
    const sql = `SELECT ${reservationColumns} FROM settle_stock_reservation
      WHERE product_id IN (${group.join(',')}) AND outcome = 'open'`;
    for (const row of rowsOf(await executor.raw(sql))) {
      const id = toBigInt(row.product_id);
      const reservations = all.get(id) ?? [];
      reservations.push(toReservation(row));
      all.set(id, reservations);
    }
  }
  return all;
}

/** What was reserved at an instant, as open as it was then. */
export async function readReservationsAt(executor: Executor, productId: bigint, at: string): Promise<Reservation[]> {
  const rows = rowsOf(
    await executor.raw(
      `SELECT ${reservationColumns} FROM settle_stock_reservation WHERE product_id = ${productId}
        AND reserved_at < ? AND (ended_at IS NULL OR ended_at >= ?)`,
      [at, at],
    ),
  );
  return rows.map((row) => ({ ...toReservation(row), outcome: 'open', endedAtMs: null }));
}

/** Outcomes of reservations that had ended before the instant of their product, by `reservationKey`. */
export async function readEndedReservations(
  executor: Executor,
  wanted: readonly { readonly productId: bigint; readonly reservationId: string; readonly before: string }[],
): Promise<Map<string, ReservationOutcome>> {
  const ended = new Map<string, ReservationOutcome>();
  for (const group of inSmallGroups(wanted)) {
    const where = group.map(({ productId }) => `(product_id = ${productId} AND reservation_id = ? AND ended_at < ?)`);
    const bindings = group.flatMap(({ reservationId, before }) => [reservationId, before]);
    const sql = `SELECT product_id, reservation_id, outcome FROM settle_stock_reservation WHERE ${where.join(' OR ')}`;
    for (const row of rowsOf(await executor.raw(sql, bindings))) {
      ended.set(reservationKey(toBigInt(row.product_id), toText(row.reservation_id)), toOutcome(row.outcome));
    }
  }
  return ended;
}

export function reservationKey(productId: bigint, reservationId: string): string {
  return `${productId}/${reservationId}`;
}

/** Movements of a product that were set aside after a date, or ever. */
export async function readSetAside(
  executor: Executor,
  productId: bigint,
  after: string | undefined,
): Promise<Set<bigint>> {
  const later = after === undefined ? '' : 'AND business_date > ?';
  const sql = `SELECT movement_id FROM settle_stock_set_aside WHERE product_id = ${productId} ${later}`;
  const rows = rowsOf(await executor.raw(sql, after === undefined ? [] : [after]));
  return new Set(rows.map((row) => toBigInt(row.movement_id)));
}

/** The zones that products were settled in. */
export async function readZones(executor: Executor): Promise<string[]> {
  return rowsOf(await executor.raw('SELECT DISTINCT zone FROM settle_stock_head')).map((row) => toText(row.zone));
}

/** Each range is one run of the index of stock_movement, which is `m`. */
function whereRanges(ranges: readonly MovementRange[]): { readonly where: string; readonly bindings: string[] } {
  const where = ranges.map(
    ({ productId, from }) =>
      `(m.product_id = ${productId} AND m.happened_at < ?${from === undefined ? '' : ' AND m.happened_at >= ?'})`,
  );
  const bindings = ranges.flatMap(({ from, to }) => (from === undefined ? [to] : [to, from]));
  return { where: where.join(' OR '), bindings };
}

function selectMovements(dialect: Dialect): string {
  return `SELECT m.id, m.product_id, m.kind, m.quantity, m.reservation_id, m.happened_at, ${digestOf(dialect)} AS digest
    FROM stock_movement m`;
}

function digestOf(dialect: Dialect): string {
  return dialect.rowDigest(['m.id', 'm.kind', 'm.quantity', 'm.reservation_id', 'm.happened_at']);
}

function toBase(row: Row): StockBase {
  return {
    date: toText(row.business_date),
    opening: toBigInt(row.opening),
    onHand: toBigInt(row.on_hand),
    reserved: toBigInt(row.reserved),
    movements: toBigInt(row.movements),
    digest: toBigInt(row.digest),
  };
}

function toMovement(row: Row): StoredMovement {
  const happenedAt = toText(row.happened_at);
  return {
    id: toBigInt(row.id),
    productId: toBigInt(row.product_id),
    kind: toText(row.kind),
    quantity: toBigInt(row.quantity),
    reservationId: row.reservation_id === null ? null : String(row.reservation_id),
    happenedAt,
    atMs: parseInstant(happenedAt),
    digest: toNumber(row.digest),
  };
}

function toReservation(row: Row): Reservation {
  return {
    id: toText(row.reservation_id),
    movementId: toBigInt(row.movement_id),
    quantity: toBigInt(row.quantity),
    reservedAtMs: parseInstant(toText(row.reserved_at)),
    heldUntilMs: parseInstant(toText(row.held_until)),
    outcome: toOutcome(row.outcome),
    endedAtMs: row.ended_at === null ? null : parseInstant(toText(row.ended_at)),
  };
}

function toOutcome(value: unknown): ReservationOutcome {
  if (value === 'open' || value === 'confirmed' || value === 'released' || value === 'timed-out') return value;
  throw new TypeError(`not the outcome of a reservation: ${value}`);
}
