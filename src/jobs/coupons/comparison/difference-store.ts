/**
 * Statements on settle_coupon_comparison and settle_coupon_difference: sets in Redis that differ from who got a coupon, and
 * their members; and what is compared with them.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { inGroups } from '../../../ledger/in-groups.ts';
import type { RefusalReason } from '../rules/queue.ts';

/** A coupon that is compared. */
export interface ComparedCoupon {
  readonly id: bigint;
  /** UTC; null: there is no such coupon. */
  readonly closesAt: string | null;
  /** Undefined: nothing is decided. */
  readonly revision: number | undefined;
  readonly isComplete: boolean;
  readonly issued: number;
}

/** `promised`: in the set, and got none; `issued`: got one, and is not in the set; `unreadable`: no user id. */
export type MemberKind = 'promised' | 'issued' | 'unreadable';

export interface MemberDifference {
  readonly couponId: bigint;
  /** At most 190 characters. */
  readonly member: string;
  readonly kind: MemberKind;
  /** Why the user got none; null: nothing that the user asked is decided, or it is no question. */
  readonly reason: RefusalReason | null;
  readonly isRepaired: boolean;
}

/** The comparison of one coupon that differs. */
export interface CouponComparison {
  readonly couponId: bigint;
  /** Members of the set. */
  readonly promised: number;
  readonly issued: number;
  readonly promisedOnly: number;
  readonly issuedOnly: number;
  readonly unreadable: number;
  readonly repaired: number;
  /** The set, or what is allocated, changed while it was compared. */
  readonly isMoving: boolean;
}

/** Which coupons a run compares: those that are open or have closed lately, and those that it has decided. */
export interface ComparedRange {
  readonly end: string;
  readonly lookBack: string;
  readonly jobExecutionId: number;
}

const COMPARISON = 'settle_coupon_comparison';
const DIFFERENCE = 'settle_coupon_difference';
const MEMBER_LENGTH_MAX = 190;
const allocation = 'a.revision, a.is_complete, a.issued';

/** At most `limit` coupons of the range, by id, after `after`. */
export async function pageCompared(
  executor: Executor,
  { end, lookBack, jobExecutionId }: ComparedRange,
  after: bigint | undefined,
  limit: number,
): Promise<ComparedCoupon[]> {
  const later = (column: string) => (after === undefined ? '' : `AND ${column} > ${after}`);
  const sql = `SELECT c.id, c.closes_at, ${allocation} FROM coupon c
      LEFT JOIN settle_coupon_allocation a ON a.coupon_id = c.id
      WHERE c.opens_at < ? AND (c.closes_at >= ? OR a.job_execution_id = ${jobExecutionId}) ${later('c.id')}
    UNION ALL SELECT a.coupon_id, NULL, ${allocation} FROM settle_coupon_allocation a
      LEFT JOIN coupon c ON c.id = a.coupon_id
      WHERE c.id IS NULL AND a.job_execution_id = ${jobExecutionId} ${later('a.coupon_id')}
    ORDER BY 1 LIMIT ${limit}`;
  return rowsOf(await executor.raw(sql, [end, lookBack])).map((row) => ({
    id: toBigInt(row.id),
    closesAt: toTextOrNull(row.closes_at),
    revision: row.revision === null ? undefined : toNumber(row.revision),
    isComplete: row.is_complete !== null && toNumber(row.is_complete) === 1,
    issued: row.issued === null ? 0 : toNumber(row.issued),
  }));
}

/** Those of the users who got the coupon. */
export async function findIssued(executor: Executor, couponId: bigint, users: readonly bigint[]): Promise<Set<bigint>> {
  const found = new Set<bigint>();
  for (const group of inGroups(users)) {
    const sql = `SELECT user_id FROM settle_coupon_issue WHERE coupon_id = ${couponId} AND user_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) found.add(toBigInt(row.user_id));
  }
  return found;
}

/** Why users got none, by user: that all were given away, where that is among the reasons. */
export async function findReasons(
  executor: Executor,
  couponId: bigint,
  users: readonly bigint[],
): Promise<Map<bigint, RefusalReason>> {
  const reasons = new Map<bigint, RefusalReason>();
  for (const group of inGroups(users)) {
    const sql = `SELECT user_id, reason FROM settle_coupon_refusal
      WHERE coupon_id = ${couponId} AND user_id IN (${group.join(',')}) ORDER BY user_id, request_id`;
    for (const row of rowsOf(await executor.raw(sql))) {
      const [user, reason] = [toBigInt(row.user_id), toText(row.reason) as RefusalReason];
      if (!reasons.has(user) || reason === 'sold-out') reasons.set(user, reason);
    }
  }
  return reasons;
}

/** Members that are there already stay as they are. */
export async function addMembers(
  { dialect }: Database,
  tx: Transaction,
  jobExecutionId: number,
  members: readonly MemberDifference[],
): Promise<void> {
  await bulkInsert(
    tx,
    dialect,
    {
      table: DIFFERENCE,
      columns: ['job_execution_id', 'coupon_id', 'member_text', 'kind', 'reason', 'is_repaired'],
      mode: 'ignore',
      keys: ['job_execution_id', 'coupon_id', 'member_text'],
    },
    members.map((one) => [
      jobExecutionId,
      one.couponId,
      one.member.slice(0, MEMBER_LENGTH_MAX),
      one.kind,
      one.reason,
      one.isRepaired ? 1 : 0,
    ]),
  );
}

export async function markRepaired(
  tx: Transaction,
  jobExecutionId: number,
  couponId: bigint,
  users: readonly bigint[],
): Promise<void> {
  for (const group of inGroups(users)) {
    await tx.raw(
      `UPDATE ${DIFFERENCE} SET is_repaired = 1 WHERE job_execution_id = ${jobExecutionId} AND coupon_id = ${couponId}
        AND member_text IN (${group.map((id) => `'${id}'`).join(',')})`,
    );
  }
}

/** How many members of a kind are stored. */
export async function countMembers(
  executor: Executor,
  jobExecutionId: number,
  couponId: bigint,
  kind: MemberKind,
): Promise<number> {
  const [row] = rowsOf(
    await executor.raw(
      `SELECT COUNT(*) AS members FROM ${DIFFERENCE}
        WHERE job_execution_id = ${jobExecutionId} AND coupon_id = ${couponId} AND kind = ?`,
      [kind],
    ),
  );
  return toNumber(row.members);
}

/** At most `limit` of an execution, by coupon and member, after `after`. */
export async function pageMembers(
  executor: Executor,
  jobExecutionId: number,
  after: { readonly couponId: bigint; readonly member: string } | undefined,
  limit: number,
  only?: { readonly couponId: bigint; readonly kind: MemberKind },
): Promise<MemberDifference[]> {
  const where = only === undefined ? '' : `AND coupon_id = ${only.couponId} AND kind = '${only.kind}'`;
  const later =
    after === undefined
      ? ''
      : `AND coupon_id >= ${after.couponId} AND (coupon_id > ${after.couponId} OR member_text > ?)`;
  const sql = `SELECT coupon_id, member_text, kind, reason, is_repaired FROM ${DIFFERENCE}
    WHERE job_execution_id = ${jobExecutionId} ${where} ${later} ORDER BY coupon_id, member_text LIMIT ${limit}`;
  return rowsOf(await executor.raw(sql, after === undefined ? [] : [after.member])).map((row) => ({
    couponId: toBigInt(row.coupon_id),
    member: toText(row.member_text),
    kind: toText(row.kind) as MemberKind,
    reason: toTextOrNull(row.reason) as RefusalReason | null,
    isRepaired: toNumber(row.is_repaired) === 1,
  }));
}

/** Overwrites those that are there. */
export async function putComparisons(
  { dialect }: Database,
  tx: Transaction,
  jobExecutionId: number,
  comparisons: readonly CouponComparison[],
): Promise<void> {
  await bulkInsert(
    tx,
    dialect,
    {
      table: COMPARISON,
      columns: [
        ...['job_execution_id', 'coupon_id', 'promised', 'issued', 'promised_only', 'issued_only'],
        ...['unreadable', 'repaired', 'is_moving'],
      ],
      mode: 'replace-values',
      keys: ['job_execution_id', 'coupon_id'],
    },
    comparisons.map((one) => [
      jobExecutionId,
      one.couponId,
      one.promised,
      one.issued,
      one.promisedOnly,
      one.issuedOnly,
      one.unreadable,
      one.repaired,
      one.isMoving ? 1 : 0,
    ]),
  );
}

/** At most `limit` of an execution, by coupon, after `after`. */
export async function pageComparisons(
  executor: Executor,
  jobExecutionId: number,
  after: bigint | undefined,
  limit: number,
): Promise<CouponComparison[]> {
  const later = after === undefined ? '' : `AND coupon_id > ${after}`;
  const sql = `SELECT * FROM ${COMPARISON} WHERE job_execution_id = ${jobExecutionId} ${later}
    ORDER BY coupon_id LIMIT ${limit}`;
  return rowsOf(await executor.raw(sql)).map((row) => ({
    couponId: toBigInt(row.coupon_id),
    promised: toNumber(row.promised),
    issued: toNumber(row.issued),
    promisedOnly: toNumber(row.promised_only),
    issuedOnly: toNumber(row.issued_only),
    unreadable: toNumber(row.unreadable),
    repaired: toNumber(row.repaired),
    isMoving: toNumber(row.is_moving) === 1,
  }));
}
