/** A coupon with what was decided about it, and what became of one user's requests. */
import type { Database, Executor } from '../../../database/database.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { usageError } from '../../../errors.ts';
import { type Issue, pageIssues } from './allocation-store.ts';

const PAGE_ISSUES = 5_000;

export interface CouponView {
  readonly id: bigint;
  /** Null: there is no such coupon, though somebody asked for it. */
  readonly quota: bigint | null;
  /** UTC. */
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  /** Null: not allocated yet. */
  readonly allocation: AllocationView | null;
}

export interface AllocationView {
  readonly businessDate: string;
  readonly zone: string;
  readonly execution: number;
  readonly revision: number;
  /** Every request is decided; else refusals are missing. */
  readonly isComplete: boolean;
  readonly requests: number;
  readonly issued: number;
  /** Reason -> number of requests. */
  readonly refused: Readonly<Record<string, number>>;
}

/** @throws SettleError (exit 2) when there is neither the coupon nor anything decided about it */
export async function readCoupon({ knex }: Database, id: bigint): Promise<CouponView> {
  const coupon = await knex('coupon').where({ id: id.toString() }).first();
  const row = await knex('settle_coupon_allocation').where({ coupon_id: id.toString() }).first();
  if (coupon === undefined && row === undefined) {
    throw usageError(`there is no coupon ${id}`, '`settle import coupons FILE` loads coupons');
  }
  const terms = coupon ?? row;
  return {
    id,
    quota: terms.quota === null ? null : toBigInt(terms.quota),
    opensAt: toTextOrNull(terms.opens_at),
    closesAt: toTextOrNull(terms.closes_at),
    allocation:
      row === undefined
        ? null
        : {
            businessDate: toText(row.business_date),
            zone: toText(row.zone),
            execution: toNumber(row.job_execution_id),
            revision: toNumber(row.revision),
            isComplete: toNumber(row.is_complete) === 1,
            requests: toNumber(row.requests),
            issued: toNumber(row.issued),
            refused: JSON.parse(toText(row.refused)),
          },
  };
}

/** Who got the coupon, by place. */
export async function* streamIssues({ knex }: Database, id: bigint): AsyncGenerator<readonly Issue[]> {
  for (let from = 1n; ; ) {
    const page = await pageIssues(knex, id, from, PAGE_ISSUES);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (page.length < PAGE_ISSUES || last === undefined) return;
    from = last.place + 1n;
  }
}

export interface RequestView {
  readonly requestId: bigint;
  /** UTC. */
  readonly requestedAt: string;
  readonly outcome: 'issued' | 'refused' | 'undecided';
  readonly reason: string | null;
}

export interface CouponExplanation {
  readonly coupon: CouponView;
  readonly userId: bigint;
  /** Place that the user got; null: none. */
  readonly place: bigint | null;
  /** Place in the queue of users, whether it was enough or not; null: no request within the window. */
  readonly queuePlace: bigint | null;
  /** The first of the user's requests within the window decides; the others are listed with their reasons. */
  readonly requests: readonly RequestView[];
  /** Why the user has no coupon; null: the user has one, or nothing is decided yet. */
  readonly refusal: string | null;
  /** Who got the last one. */
  readonly last: Issue | null;
}

/** At most so many requests of one user are listed. */
const REQUESTS_MAX = 100;

/** @throws SettleError (exit 2) when the user never asked for the coupon */
export async function explainCoupon(database: Database, id: bigint, userId: bigint): Promise<CouponExplanation> {
  const { knex } = database;
  const coupon = await readCoupon(database, id);
  const rows = rowsOf(
    await knex.raw(
      `SELECT r.id, r.requested_at, i.place, f.reason FROM coupon_request r
        LEFT JOIN settle_coupon_issue i ON i.coupon_id = r.coupon_id AND i.user_id = r.user_id AND i.request_id = r.id
        LEFT JOIN settle_coupon_refusal f ON f.request_id = r.id
        WHERE r.coupon_id = ${id} AND r.user_id = ${userId} ORDER BY r.requested_at, r.id LIMIT ${REQUESTS_MAX}`,
    ),
  );
  if (rows.length === 0) throw usageError(`user ${userId} never asked for coupon ${id}`);
  const requests = rows.map((row): RequestView => {
    const reason = toTextOrNull(row.reason);
    const outcome = row.place !== null ? 'issued' : reason === null ? 'undecided' : 'refused';
    return { requestId: toBigInt(row.id), requestedAt: toText(row.requested_at), outcome, reason };
  });
  const issued = rows.find(({ place }) => place !== null);
  const deciding = requests.find(({ reason }) => reason === 'sold-out') ?? requests[0];
  return {
    coupon,
    userId,
    place: issued === undefined ? null : toBigInt(issued.place),
    queuePlace: await queuePlaceOf(knex, coupon, userId),
    requests,
    refusal: issued === undefined ? deciding.reason : null,
    last: await lastIssue(knex, id),
  };
}

/** Users whose first request within the window came no later than this user's. */
async function queuePlaceOf(
  executor: Executor,
  { id, opensAt, closesAt }: CouponView,
  userId: bigint,
): Promise<bigint | null> {
  if (opensAt === null || closesAt === null) return null;
  const within = `coupon_id = ${id} AND requested_at >= ? AND requested_at < ?`;
  const [first] = rowsOf(
    await executor.raw(
      `SELECT id, requested_at FROM coupon_request WHERE ${within} AND user_id = ${userId}
        ORDER BY requested_at, id LIMIT 1`,
      [opensAt, closesAt],
    ),
  );
  if (first === undefined) return null;
  const at = toText(first.requested_at);
  const [row] = rowsOf(
    await executor.raw(
      `SELECT COUNT(DISTINCT user_id) AS users FROM coupon_request WHERE ${within}
        AND (requested_at < ? OR (requested_at = ? AND id <= ${toBigInt(first.id)}))`,
      [opensAt, closesAt, at, at],
    ),
  );
  return toBigInt(row.users);
}

async function lastIssue(executor: Executor, id: bigint): Promise<Issue | null> {
  const [row] = rowsOf(
    await executor.raw(
      `SELECT user_id, place, request_id, requested_at FROM settle_coupon_issue WHERE coupon_id = ${id}
        ORDER BY place DESC LIMIT 1`,
    ),
  );
  if (row === undefined) return null;
  return {
    userId: toBigInt(row.user_id),
    place: toBigInt(row.place),
    requestId: toBigInt(row.request_id),
    requestedAt: toText(row.requested_at),
  };
}
