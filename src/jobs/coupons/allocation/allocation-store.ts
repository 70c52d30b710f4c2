/** Statements on what is allocated: settle_coupon_allocation, settle_coupon_issue and settle_coupon_refusal. */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import type { InsertTarget } from '../../../database/dialect.ts';
import { parseInstant } from '../../../database/instant.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { type Row, type SqlValue, toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { inGroups, inSmallGroups } from '../../../ledger/in-groups.ts';
import { HolderSet } from '../rules/holder-set.ts';
import { type RefusalReason, refusalReasons } from '../rules/queue.ts';

/** How far a coupon is allocated, and from what. */
export interface Allocation {
  /** Terms used; all null where there was no such coupon. */
  readonly quota: bigint | null;
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  readonly revision: number;
  /** Every request has been decided; until then there are issues, and some of the refusals. */
  readonly isComplete: boolean;
  /** Of the requests that were decided; null until it is complete. */
  readonly digest: string | null;
}

export interface Issue {
  readonly userId: bigint;
  readonly place: bigint;
  readonly requestId: bigint;
  readonly requestedAt: string;
}

export interface Refusal {
  readonly requestId: bigint;
  readonly userId: bigint;
  readonly reason: RefusalReason;
}

/** The run that decides. */
export interface AllocationRun {
  readonly date: string;
  readonly zone: string;
  readonly jobExecutionId: number;
}

export interface AllocationRow {
  readonly couponId: bigint;
  readonly quota: bigint | null;
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  readonly revision: number;
  readonly isComplete: boolean;
  readonly digest: string | null;
  readonly requests: number;
  readonly issued: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

const allocationTarget: InsertTarget = {
  table: 'settle_coupon_allocation',
  columns: [
    'coupon_id',
    'quota',
    'opens_at',
    'closes_at',
    'revision',
    'is_complete',
    'digest',
    'requests',
    'issued',
    'refused',
    'business_date',
    'zone',
    'job_execution_id',
  ],
  mode: 'replace-values',
  keys: ['coupon_id'],
};
const issueTarget: InsertTarget = {
  table: 'settle_coupon_issue',
  columns: ['coupon_id', 'user_id', 'place', 'request_id', 'requested_at', 'revision', 'job_execution_id'],
};
const refusalTarget: InsertTarget = {
  table: 'settle_coupon_refusal',
  columns: ['request_id', 'coupon_id', 'user_id', 'reason', 'revision', 'job_execution_id'],
};

/** Undefined: nothing was ever allocated (column `allocated` is NULL). Quota and times are columns `a_...`. */
export function toAllocation(row: Row): Allocation | undefined {
  if (row.allocated === null) return undefined;
  return {
    quota: row.a_quota === null ? null : toBigInt(row.a_quota),
    opensAt: toTextOrNull(row.a_opens_at),
    closesAt: toTextOrNull(row.a_closes_at),
    revision: toNumber(row.revision),
    isComplete: toNumber(row.is_complete) === 1,
    digest: toTextOrNull(row.digest),
  };
}

/** Revisions of the coupons as they are now; of those that have one. */
export async function readRevisions(executor: Executor, couponIds: readonly bigint[]): Promise<Map<bigint, number>> {
  const revisions = new Map<bigint, number>();
  for (const group of inGroups(couponIds)) {
    const sql = `SELECT coupon_id, revision FROM settle_coupon_allocation WHERE coupon_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) revisions.set(toBigInt(row.coupon_id), toNumber(row.revision));
  }
  return revisions;
}

export async function writeAllocations(
  { dialect }: Database,
  tx: Transaction,
  { date, zone, jobExecutionId }: AllocationRun,
  rows: readonly AllocationRow[],
): Promise<void> {
  await bulkInsert(
    tx,
    dialect,
    allocationTarget,
    rows.map((row) => [
      row.couponId,
      row.quota,
      row.opensAt,
      row.closesAt,
      row.revision,
      row.isComplete ? 1 : 0,
      row.digest,
      row.requests,
      row.issued,
      JSON.stringify(row.refused),
      date,
      zone,
      jobExecutionId,
    ]),
  );
}

/** The issues of each coupon, by place. */
export async function readIssues(executor: Executor, couponIds: readonly bigint[]): Promise<Map<bigint, Issue[]>> {
  const issues = new Map<bigint, Issue[]>(couponIds.map((id) => [id, []]));
  for (const group of inSmallGroups(couponIds)) {
    const rows = rowsOf(
      await executor.raw(
        `SELECT coupon_id, user_id, place, request_id, requested_at FROM settle_coupon_issue
          WHERE coupon_id IN (${group.join(',')}) ORDER BY coupon_id, place`,
      ),
    );
    for (const row of rows) issues.get(toBigInt(row.coupon_id))!.push(toIssue(row));
  }
  return issues;
}

/** The holders of a coupon, in order of place. */
export async function readHolders(executor: Executor, couponId: bigint): Promise<HolderSet> {
  const holders = new HolderSet();
  for (const { requestId, userId, requestedAt } of (await readIssues(executor, [couponId])).get(couponId)!) {
    holders.add({ id: requestId, userId, atMs: parseInstant(requestedAt) });
  }
  return holders;
}

/** At most `limit` issues of a coupon from place `from` on. */
export async function pageIssues(executor: Executor, couponId: bigint, from: bigint, limit: number): Promise<Issue[]> {
  const rows = rowsOf(
    await executor.raw(
      `SELECT user_id, place, request_id, requested_at FROM settle_coupon_issue
        WHERE coupon_id = ${couponId} AND place >= ${from} ORDER BY place LIMIT ${limit}`,
    ),
  );
  return rows.map(toIssue);
}

/** Reasons by request id: of all requests of small coupons. */
export async function readRefusals(
  executor: Executor,
  couponIds: readonly bigint[],
): Promise<Map<bigint, Refusal & { readonly couponId: bigint }>> {
  const refusals = new Map<bigint, Refusal & { readonly couponId: bigint }>();
  for (const group of inSmallGroups(couponIds)) {
    const sql = `SELECT request_id, coupon_id, user_id, reason FROM settle_coupon_refusal WHERE coupon_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) {
      refusals.set(toBigInt(row.request_id), { couponId: toBigInt(row.coupon_id), ...toRefusal(row) });
    }
  }
  return refusals;
}

/** As `readRefusals`, of these requests. */
export async function findRefusals(
  executor: Executor,
  requestIds: readonly bigint[],
): Promise<Map<bigint, RefusalReason>> {
  const reasons = new Map<bigint, RefusalReason>();
  for (const group of inGroups(requestIds)) {
    const sql = `SELECT request_id, reason FROM settle_coupon_refusal WHERE request_id IN (${group.join(',')})`;
    for (const row of rowsOf(await executor.raw(sql))) reasons.set(toBigInt(row.request_id), toReason(row.reason));
  }
  return reasons;
}

export async function deleteIssues(tx: Transaction, couponId: bigint, userIds: readonly bigint[]): Promise<void> {
  for (const group of inGroups(userIds)) {
    await tx.raw(`DELETE FROM settle_coupon_issue WHERE coupon_id = ${couponId} AND user_id IN (${group.join(',')})`);
  }
}

export async function insertIssues(
  { dialect }: Database,
  tx: Transaction,
  rows: Iterable<{ readonly couponId: bigint; readonly revision: number; readonly issue: Issue }>,
  jobExecutionId: number,
): Promise<void> {
  await bulkInsert(tx, dialect, issueTarget, issueValues(rows, jobExecutionId));
}

export async function deleteRefusals(tx: Transaction, requestIds: readonly bigint[]): Promise<void> {
  for (const group of inGroups(requestIds)) {
    await tx.raw(`DELETE FROM settle_coupon_refusal WHERE request_id IN (${group.join(',')})`);
  }
}

/** Refusals of requests that are no longer there, or ask for another coupon now. */
export async function deleteOrphanedRefusals(tx: Transaction, couponId: bigint): Promise<void> {
  await tx.raw(
    `DELETE FROM settle_coupon_refusal WHERE coupon_id = ${couponId} AND NOT EXISTS
      (SELECT 1 FROM coupon_request r WHERE r.id = settle_coupon_refusal.request_id AND r.coupon_id = ${couponId})`,
  );
}

export async function insertRefusals(
  { dialect }: Database,
  tx: Transaction,
  rows: Iterable<{ readonly couponId: bigint; readonly revision: number; readonly refusal: Refusal }>,
  jobExecutionId: number,
): Promise<void> {
  const values = [...rows].map(({ couponId, revision, refusal }) => [
    refusal.requestId,
    couponId,
    refusal.userId,
    refusal.reason,
    revision,
    jobExecutionId,
  ]);
  await bulkInsert(tx, dialect, refusalTarget, values);
}

function* issueValues(
  rows: Iterable<{ readonly couponId: bigint; readonly revision: number; readonly issue: Issue }>,
  jobExecutionId: number,
): Generator<readonly SqlValue[]> {
  for (const { couponId, revision, issue } of rows) {
    const { userId, place, requestId, requestedAt } = issue;
    yield [couponId, userId, place, requestId, requestedAt, revision, jobExecutionId];
  }
}

function toIssue(row: Row): Issue {
  return {
    userId: toBigInt(row.user_id),
    place: toBigInt(row.place),
    requestId: toBigInt(row.request_id),
    requestedAt: toText(row.requested_at),
  };
}

function toRefusal(row: Row): Refusal {
  return { requestId: toBigInt(row.request_id), userId: toBigInt(row.user_id), reason: toReason(row.reason) };
}

function toReason(value: unknown): RefusalReason {
  const reason = refusalReasons.find((one) => one === value);
  if (reason === undefined) throw new TypeError(`not a reason for a refusal: ${value}`);
  return reason;
}
