/** Statements on coupon and coupon_request: what is due, the lock, and the queue with a digest of its rows. */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import type { Dialect } from '../../../database/dialect.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { lockName } from '../../../database/lock-row.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { type Row, toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { inSmallGroups } from '../../../ledger/in-groups.ts';
import type { CouponRequest, CouponTerms } from '../rules/queue.ts';
import { type Allocation, toAllocation } from './allocation-store.ts';

/** Which coupons a run looks at. */
export interface DueCoupons {
  /** The end of the date, `YYYY-MM-DD HH:MM:SS.sss`: coupons that open later wait. */
  readonly end: string;
  /** Coupons that closed before are not looked at again once they are allocated. */
  readonly lookBack: string;
}

/** A coupon that is due, or the id of requests that name none. */
export interface DueCoupon {
  readonly id: bigint;
  /** As the rows have them; undefined: there is no such coupon. */
  readonly terms: StoredTerms | undefined;
  readonly requests: number;
  readonly allocation: Allocation | undefined;
}

/** Texts as they are stored. */
export interface StoredTerms {
  readonly quota: bigint;
  readonly opensAt: string;
  readonly closesAt: string;
}

/** Number of rows and sum of their digests: four million of them are beyond 2^53. */
export interface RequestDigest {
  readonly rows: number;
  readonly sum: bigint;
}

export interface StoredRequest extends CouponRequest {
  readonly couponId: bigint;
  /** The column's text. */
  readonly requestedAt: string;
  readonly digest: number;
}

/** Where a page of a queue ended. */
export interface QueueKey {
  readonly requestedAt: string;
  readonly id: bigint;
}

const SETTLED = 'settle_coupon_allocation';
const counted = '(SELECT COUNT(*) FROM coupon_request r WHERE r.coupon_id = c.id) AS requests';
const changed = `(a.coupon_id IS NULL OR a.quota IS NULL OR a.is_complete = 0 OR a.quota <> c.quota
  OR a.opens_at <> c.opens_at OR a.closes_at <> c.closes_at OR c.closes_at >= ?)`;
const isDue = `c.opens_at < ? AND ${changed}
  AND (a.coupon_id IS NOT NULL OR EXISTS (SELECT 1 FROM coupon_request q WHERE q.coupon_id = c.id))`;

/** Ids and numbers of requests of all that are due, ids without a coupon included, by id. */
export async function* streamDueCoupons(
  database: Database,
  { end, lookBack }: DueCoupons,
): AsyncGenerator<{ readonly id: bigint; readonly requests: number }> {
  const unknown = await readUnknownIds(database.knex);
  let next = 0;
  const sql = `SELECT c.id, ${counted} FROM coupon c LEFT JOIN ${SETTLED} a ON a.coupon_id = c.id
    WHERE ${isDue} ORDER BY c.id`;
  for await (const row of streamRows(database, sql, [end, lookBack])) {
    const id = toBigInt(row.id);
    while (next < unknown.length && unknown[next] < id) yield { id: unknown[next++], requests: 1 };
    yield { id, requests: toNumber(row.requests) };
  }
  while (next < unknown.length) yield { id: unknown[next++], requests: 1 };
}

/** At most `limit` of those due, by id, from `fromId` to `toId`, both inside; `unknown`: as `readUnknownIds` gives them. */
export async function selectDueCoupons(
  executor: Executor,
  { end, lookBack }: DueCoupons,
  range: { readonly fromId: bigint; readonly toId: bigint; readonly limit: number },
  unknown: readonly bigint[],
): Promise<DueCoupon[]> {
  const { fromId, toId, limit } = range;
  const known = rowsOf(
    await executor.raw(
      `SELECT c.id, c.quota, c.opens_at, c.closes_at, ${counted}, a.coupon_id AS allocated, a.quota AS a_quota,
          a.opens_at AS a_opens_at, a.closes_at AS a_closes_at, a.revision, a.is_complete, a.digest
        FROM coupon c LEFT JOIN ${SETTLED} a ON a.coupon_id = c.id
        WHERE c.id BETWEEN ${fromId} AND ${toId} AND ${isDue} ORDER BY c.id LIMIT ${limit}`,
      [end, lookBack],
    ),
  ).map(toDueCoupon);
  const last = known.length < limit ? toId : known[known.length - 1].id;
  const others = unknown.filter((id) => id >= fromId && id <= last).slice(0, limit);
  const all = [...known, ...(await readUnknown(executor, others))];
  return all.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
}

/**
 * Ids that requests name and no coupon has, by id. One whose coupon was removed after it was allocated is none of them: what
 * was given away stays.
 */
export async function readUnknownIds(executor: Executor, fromId?: bigint, toId?: bigint): Promise<bigint[]> {
  const range = fromId === undefined ? '' : `WHERE coupon_id BETWEEN ${fromId} AND ${toId}`;
  const rows = rowsOf(
    await executor.raw(
      `SELECT d.id FROM (SELECT DISTINCT coupon_id AS id FROM coupon_request ${range}) d
        LEFT JOIN coupon c ON c.id = d.id LEFT JOIN ${SETTLED} a ON a.coupon_id = d.id
        WHERE c.id IS NULL AND a.quota IS NULL ORDER BY d.id`,
    ),
  );
  return rows.map((row) => toBigInt(row.id));
}

/** One coupon as `selectDueCoupons` gives it, due or not. */
export async function findDueCoupon(executor: Executor, id: bigint): Promise<DueCoupon> {
  const [row] = rowsOf(
    await executor.raw(
      `SELECT c.id, c.quota, c.opens_at, c.closes_at, ${counted}, a.coupon_id AS allocated, a.quota AS a_quota,
          a.opens_at AS a_opens_at, a.closes_at AS a_closes_at, a.revision, a.is_complete, a.digest
        FROM coupon c LEFT JOIN ${SETTLED} a ON a.coupon_id = c.id WHERE c.id = ${id}`,
    ),
  );
  return row === undefined ? (await readUnknown(executor, [id]))[0] : toDueCoupon(row);
}

/**
 * Locks coupons until the transaction ends, and reads their terms; undefined for one that is none. `ids` ascend: everyone
 * locks in that order.
 */
export async function lockCoupons(
  tx: Transaction,
  ids: readonly bigint[],
): Promise<Map<bigint, StoredTerms | undefined>> {
  const locked = new Map<bigint, StoredTerms | undefined>(ids.map((id) => [id, undefined]));
  for (const group of inSmallGroups(ids)) {
    const rows: Row[] = await tx('coupon')
      .whereRaw(`id IN (${group.join(',')})`)
      .orderBy('id')
      .select('id', 'quota', 'opens_at', 'closes_at')
      .forUpdate();
    for (const row of rows) locked.set(toBigInt(row.id), toTerms(row));
  }
  for (const [id, terms] of locked) if (terms === undefined) await lockName(tx, `coupon ${id}`);
  return locked;
}

export function isSameTerms(a: StoredTerms | undefined, b: StoredTerms | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.quota === b.quota && a.opensAt === b.opensAt && a.closesAt === b.closesAt;
}

/** What the rules take. @returns a text that says what is wrong with them */
export function couponTerms({ quota, opensAt, closesAt }: StoredTerms): CouponTerms | string {
  const opensAtMs = parseInstant(opensAt);
  const closesAtMs = parseInstant(closesAt);
  if (Number.isNaN(opensAtMs)) return `opens_at ${JSON.stringify(opensAt)} is no time`;
  if (Number.isNaN(closesAtMs)) return `closes_at ${JSON.stringify(closesAt)} is no time`;
  if (closesAtMs < opensAtMs) return `it closes (${closesAt}) before it opens (${opensAt})`;
  return quota < 0n ? `its quota is ${quota}` : { quota, opensAtMs, closesAtMs };
}

/** All requests of the coupons, in no order. */
export async function readRequests(
  executor: Executor,
  dialect: Dialect,
  couponIds: readonly bigint[],
): Promise<StoredRequest[]> {
  const requests: StoredRequest[] = [];
  for (const group of inSmallGroups(couponIds)) {
    const sql = `${selectRequests(dialect)} WHERE coupon_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) requests.push(toRequest(row));
  }
  return requests;
}

/** At most `limit` requests of a coupon after `after`, in order of (requested_at, id). */
export async function pageRequests(
  executor: Executor,
  dialect: Dialect,
  couponId: bigint,
  after: QueueKey | undefined,
  limit: number,
): Promise<StoredRequest[]> {
  const select = `${selectRequests(dialect)} WHERE coupon_id = ${couponId}`;
  const order = 'ORDER BY requested_at, id LIMIT';
  if (after === undefined) return rowsOf(await executor.raw(`${select} ${order} ${limit}`)).map(toRequest);
  // First those of the same millisecond, then the later ones: each is one run of the index.
  const same = `${select} AND requested_at = ? AND id > ${after.id} ${order} ${limit}`;
  const rows = rowsOf(await executor.raw(same, [after.requestedAt]));
  const left = limit - rows.length;
  const later = `${select} AND requested_at > ? ${order} ${left}`;
  if (left > 0) rows.push(...rowsOf(await executor.raw(later, [after.requestedAt])));
  return rows.map(toRequest);
}

/** Of the requests after `after` up to `to`, both in the order of the queue. */
export async function digestRange(
  executor: Executor,
  dialect: Dialect,
  couponId: bigint,
  after: QueueKey | undefined,
  to: QueueKey,
): Promise<RequestDigest> {
  const from =
    after === undefined
      ? ''
      : `AND requested_at >= ? AND (requested_at > ? OR (requested_at = ? AND id > ${after.id}))`;
  const bindings = after === undefined ? [] : [after.requestedAt, after.requestedAt, after.requestedAt];
  const [row] = rowsOf(
    await executor.raw(
      `SELECT COUNT(*) AS total, SUM(${digestOf(dialect)}) AS digests FROM coupon_request WHERE coupon_id = ${couponId}
        ${from} AND requested_at <= ? AND (requested_at < ? OR (requested_at = ? AND id <= ${to.id}))`,
      [...bindings, to.requestedAt, to.requestedAt, to.requestedAt],
    ),
  );
  return { rows: toNumber(row.total), sum: toBigInt(row.digests ?? 0) };
}

/** Of all requests of each coupon, as `digestText` writes it. */
export async function digestCoupons(
  executor: Executor,
  dialect: Dialect,
  couponIds: readonly bigint[],
): Promise<Map<bigint, string>> {
  const digests = new Map<bigint, string>(couponIds.map((id) => [id, digestText({ rows: 0, sum: 0n })]));
  for (const group of inSmallGroups(couponIds)) {
    const rows = rowsOf(
      await executor.raw(
        `SELECT coupon_id, COUNT(*) AS total, SUM(${digestOf(dialect)}) AS digests FROM coupon_request
          WHERE coupon_id IN (${group.join(',')}) GROUP BY coupon_id`,
      ),
    );
    for (const row of rows) {
      const digest = { rows: toNumber(row.total), sum: toBigInt(row.digests) };
      digests.set(toBigInt(row.coupon_id), digestText(digest));
    }
  }
  return digests;
}

export function digestText({ rows, sum }: RequestDigest): string {
  return `${rows}/${sum}`;
}

export function sumDigests(requests: readonly StoredRequest[]): RequestDigest {
  let sum = 0n;
  for (const { digest } of requests) sum += BigInt(digest);
  return { rows: requests.length, sum };
}

/** As `YYYY-MM-DD HH:MM:SS.sss`, or the column's text where that is no time. */
export function canonicalTime({ atMs, requestedAt }: StoredRequest): string {
  return Number.isNaN(atMs) ? requestedAt : instantText(atMs);
}

function selectRequests(dialect: Dialect): string {
  return `SELECT id, coupon_id, user_id, requested_at, ${digestOf(dialect)} AS digest FROM coupon_request`;
}

function digestOf(dialect: Dialect): string {
  return dialect.rowDigest(['id', 'user_id', 'requested_at']);
}

async function readUnknown(executor: Executor, ids: readonly bigint[]): Promise<DueCoupon[]> {
  const all: DueCoupon[] = [];
  for (const group of inSmallGroups(ids)) {
    const list = group.join(',');
    const rows = rowsOf(
      await executor.raw(
        `SELECT r.coupon_id AS id, COUNT(*) AS requests FROM coupon_request r WHERE r.coupon_id IN (${list})
          GROUP BY r.coupon_id`,
      ),
    );
    const counts = new Map(rows.map((row) => [toBigInt(row.id), toNumber(row.requests)]));
    const stored = rowsOf(
      await executor.raw(
        `SELECT coupon_id AS allocated, quota AS a_quota, opens_at AS a_opens_at, closes_at AS a_closes_at, revision,
          is_complete, digest FROM ${SETTLED} WHERE coupon_id IN (${list})`,
      ),
    );
    const allocations = new Map(stored.map((row) => [toBigInt(row.allocated), toAllocation(row)]));
    for (const id of group) {
      all.push({ id, terms: undefined, requests: counts.get(id) ?? 0, allocation: allocations.get(id) });
    }
  }
  return all;
}

function toDueCoupon(row: Row): DueCoupon {
  return {
    id: toBigInt(row.id),
    terms: toTerms(row),
    requests: toNumber(row.requests),
    allocation: toAllocation(row),
  };
}

function toTerms(row: Row): StoredTerms {
  // A NULL that a platform's own table allows is no time, and is told of as such.
  const text = (value: unknown) => toTextOrNull(value ?? null) ?? '';
  return { quota: toBigInt(row.quota), opensAt: text(row.opens_at), closesAt: text(row.closes_at) };
}

function toRequest(row: Row): StoredRequest {
  const requestedAt = row.requested_at === null ? '' : toText(row.requested_at);
  return {
    id: toBigInt(row.id),
    couponId: toBigInt(row.coupon_id),
    userId: toBigInt(row.user_id),
    atMs: parseInstant(requestedAt),
    requestedAt,
    digest: toNumber(row.digest),
  };
}
