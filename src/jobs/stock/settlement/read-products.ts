/** Reads products with their movements, and settles each in its book, before the locks are taken. */
import type { Database } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { businessDay } from '../../../rules/business-time.ts';
import { Oversold, type Reservation, type ReservationOutcome, StockBook } from '../rules/stock-book.ts';
import {
  type Fingerprint,
  type MovementRange,
  pageMovements,
  readDaysBefore,
  readEndedReservations,
  readFingerprints,
  readHeads,
  readLastDays,
  readMovements,
  readOpenings,
  readOpenReservations,
  readReservationsAt,
  readSetAside,
  reservationKey,
  type StockBase,
  type StockHead,
  type StoredMovement,
} from './stock-store.ts';
import { overtaken, type SettledProduct, type StockResult, type StockRun } from './write-stock.ts';

/** What a run settles by. */
export interface StockTerms extends StockRun {
  readonly lookBackDate: string;
  readonly timeoutMs: number;
  readonly dateOf: (ms: number) => string;
}

/** A product that is read, and not settled yet. */
export interface StockProduct {
  readonly productId: bigint;
  readonly head: StockHead | undefined;
  readonly fingerprint: Fingerprint;
  readonly base: StockBase | undefined;
  readonly baseEnd: string | undefined;
  /** Its base is not its last row: something has arrived late. */
  readonly isAnew: boolean;
  readonly opening: bigint;
  readonly open: readonly Reservation[];
  /** How many movements it has to apply. */
  readonly rows: number;
  /** The end of what it is settled to: of the date, or of its last row when that is later. */
  readonly end: string;
}

const PAGE_ROWS = 5_000;

/** The products with what they begin from, by id. */
export async function readProducts(
  { knex, dialect }: Database,
  terms: StockTerms,
  ids: readonly bigint[],
): Promise<StockProduct[]> {
  const heads = await readHeads(knex, ids);
  const settled = ids.filter((id) => heads.get(id)?.throughEnd !== undefined);
  const { from, end, lookBackDate, zone } = terms;
  const fingerprints = await readFingerprints(knex, dialect, { ids, heads }, from, end);
  const lastDays = await readLastDays(knex, settled);
  const daysBefore = await readDaysBefore(knex, settled, lookBackDate);
  const openings = await readOpenings(knex, ids);
  const open = await readOpenReservations(knex, settled);
  const products: StockProduct[] = [];
  for (const productId of ids) {
    const head = heads.get(productId);
    const fingerprint = fingerprints.get(productId)!;
    const last = lastDays.get(productId);
    const before = daysBefore.get(productId);
    const isAnew = last !== undefined && !isAsSettled(last, before, lookBackDate, fingerprint);
    const base = isAnew ? before : last;
    const throughEnd = head?.throughEnd ?? end;
    const baseEnd = base === undefined ? undefined : isAnew ? endText(base.date, zone) : throughEnd;
    products.push({
      productId,
      head,
      fingerprint,
      base,
      baseEnd,
      isAnew,
      opening: base?.opening ?? openings.get(productId) ?? 0n,
      open: !isAnew
        ? (open.get(productId) ?? [])
        : baseEnd === undefined
          ? []
          : await readReservationsAt(knex, productId, baseEnd),
      rows: fingerprint.newRows + (isAnew ? fingerprint.knownRows : 0),
      end: throughEnd > end ? throughEnd : end,
    });
  }
  return products;
}

/** Nothing to apply, nothing to release, and nothing that was never settled. */
export function isIdle({ rows, isAnew, open, end, base }: StockProduct): boolean {
  const endMs = parseInstant(end);
  return rows === 0 && !isAnew && base !== undefined && !open.some(({ heldUntilMs }) => heldUntilMs < endMs);
}

/** Settles products whose movements fit into memory together, or one that is read in pages. */
export async function settleProducts(
  database: Database,
  terms: StockTerms,
  products: readonly StockProduct[],
  heldMax: number,
): Promise<SettledProduct[]> {
  const { knex, dialect } = database;
  const [only] = products;
  if (products.length === 1 && only.rows > heldMax) {
    return [await settleProduct(database, terms, only, pageMovements(knex, dialect, rangeOf(only), PAGE_ROWS))];
  }
  const active = products.filter(({ rows }) => rows > 0);
  const movements = Map.groupBy(await readMovements(knex, dialect, active.map(rangeOf)), ({ productId }) => productId);
  const ended = await readEnded(database, active, movements);
  const settled: SettledProduct[] = [];
  for (const product of products) {
    const pages = [movements.get(product.productId) ?? []];
    settled.push(await settleProduct(database, terms, product, pages, ended));
  }
  return settled;
}

async function settleProduct(
  database: Database,
  terms: StockTerms,
  product: StockProduct,
  pages: AsyncIterable<readonly StoredMovement[]> | Iterable<readonly StoredMovement[]>,
  endedBefore?: ReadonlyMap<string, ReservationOutcome>,
): Promise<SettledProduct> {
  const { productId, head, fingerprint, base, baseEnd, isAnew, opening, open, end } = product;
  const start = { opening, onHand: opening, reserved: 0n, movements: 0n, digest: 0n, ...base, open };
  const book = new StockBook(start, terms.timeoutMs, terms.dateOf);
  const read = { productId, head, fingerprint };
  let rows = 0;
  let digests = 0n;
  try {
    for await (const page of pages) {
      const ended = endedBefore ?? (await readEnded(database, [product], new Map([[productId, page]])));
      for (const movement of page) {
        rows++;
        digests += BigInt(movement.digest);
        book.take(movement, (id) => ended.get(reservationKey(productId, id)));
      }
    }
  } catch (error) {
    if (!(error instanceof Oversold)) throw error;
    const { date, movementId, message } = error;
    return { ...read, result: { date, movementId, reason: message } };
  }
  const expectedDigests = fingerprint.newDigest + (isAnew ? fingerprint.knownDigest : 0n);
  // Somebody wrote between the two readings.
  if (rows !== product.rows || digests !== expectedDigests) throw overtaken(productId);
  const endMs = parseInstant(end);
  book.close(endMs);
  // What is on hand before the first movement is the stock of the date all the same.
  const isFirst = base === undefined && book.days.length === 0;
  if (isFirst) book.enterFirst(endMs - 1);
  const last = book.days.at(-1);
  const result: StockResult = {
    baseDate: base?.date,
    baseEnd,
    isAnew,
    days: book.days,
    // Those that had ended since the base are open again, until they end anew.
    reservations: isAnew ? reopened(open, book) : [...book.reservations],
    setAside: book.setAside,
    throughDate: last?.date ?? base?.date,
    throughEnd: last === undefined ? baseEnd : endText(last.date, terms.zone),
  };
  return { ...read, result };
}

/** Movements that are set aside and were not before. */
export async function newlySetAside({ knex }: Database, { productId, result }: SettledProduct) {
  if ('reason' in result || result.setAside.length === 0) return [];
  const known = result.isAnew ? await readSetAside(knex, productId, result.baseDate) : new Set<bigint>();
  return result.setAside.filter(({ movementId }) => !known.has(movementId));
}

function reopened(open: readonly Reservation[], book: StockBook): Reservation[] {
  const all = new Map(open.map((one) => [one.id, one]));
  for (const one of book.reservations) all.set(one.id, one);
  return [...all.values()];
}

/** Whether the movements between the look-back and the last row are those that it rests on. */
function isAsSettled(
  last: StockBase,
  before: StockBase | undefined,
  lookBackDate: string,
  { knownRows, knownDigest }: Fingerprint,
): boolean {
  // A last row before the look-back rests on nothing that is looked at.
  if (last.date < lookBackDate) return true;
  const rows = last.movements - (before?.movements ?? 0n);
  const digest = last.digest - (before?.digest ?? 0n);
  return rows === BigInt(knownRows) && digest === knownDigest;
}

function rangeOf({ productId, baseEnd, end }: StockProduct): MovementRange {
  return { productId, from: baseEnd, to: end };
}

function endText(date: string, zone: string): string {
  return instantText(businessDay(date, zone).endMs);
}

/** What has become of the reservations that movements name, where they had ended before their product's base. */
async function readEnded(
  { knex }: Database,
  products: readonly StockProduct[],
  movements: ReadonlyMap<bigint, readonly StoredMovement[]>,
): Promise<Map<string, ReservationOutcome>> {
  const wanted = products.flatMap(({ productId, baseEnd }) => {
    if (baseEnd === undefined) return [];
    const ids = new Set((movements.get(productId) ?? []).flatMap(({ reservationId }) => reservationId ?? []));
    return [...ids].map((reservationId) => ({ productId, reservationId, before: baseEnd }));
  });
  return await readEndedReservations(knex, wanted);
}
