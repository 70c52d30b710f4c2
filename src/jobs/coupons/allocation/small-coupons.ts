/** Coupons whose requests fit into one chunk: read, decided, and written in one transaction. */
import type { Database, Transaction } from '../../../database/database.ts';
import type { SkippedRecord } from '../../../engine/skip-policy.ts';
import type { Chunk, Processed } from '../../../engine/step.ts';
import { addToOutbox, type Notification } from '../../../outbox/post-to-outbox.ts';
import { optimisticLock } from '../../../repository/row.ts';
import { CouponQueue, compareRequests, type RefusalReason } from '../rules/queue.ts';
import {
  type AllocationRow,
  type AllocationRun,
  deleteIssues,
  deleteOrphanedRefusals,
  deleteRefusals,
  type Issue,
  insertIssues,
  insertRefusals,
  type Refusal,
  readIssues,
  readRefusals,
  readRevisions,
  writeAllocations,
} from './allocation-store.ts';
import {
  compareIssues,
  compareRefusals,
  type IssueChanges,
  issueMessages,
  type RefusalChanges,
  refusalMessages,
} from './changes.ts';
import {
  couponTerms,
  type DueCoupon,
  digestCoupons,
  digestText,
  isSameTerms,
  lockCoupons,
  readRequests,
  type StoredRequest,
  sumDigests,
} from './coupon-store.ts';

/** Coupons with all of their requests. */
export interface CouponBatch extends Chunk {
  readonly kind: 'batch';
  /** Those that are to be decided. */
  readonly coupons: readonly DueCoupon[];
  /** Requests of the others, which are as they were when they were decided. */
  readonly unchangedRequests: number;
  readonly requests: ReadonlyMap<bigint, readonly StoredRequest[]>;
  readonly issues: ReadonlyMap<bigint, readonly Issue[]>;
  readonly refusals: ReadonlyMap<bigint, Refusal & { readonly couponId: bigint }>;
}

interface DecidedCoupon {
  readonly due: DueCoupon;
  readonly row: AllocationRow;
  readonly issues: IssueChanges;
  readonly refusals: RefusalChanges;
  /** There are refusals of requests that are gone. */
  readonly hasOrphans: boolean;
}

export interface DecidedBatch {
  readonly kind: 'batch';
  readonly coupons: readonly DecidedCoupon[];
}

/** Whether the coupon was decided by these terms and from these requests. */
export function isUnchanged({ id, terms, allocation }: DueCoupon, digests: ReadonlyMap<bigint, string>): boolean {
  return isDecidedBy(allocation, terms) && allocation?.digest === digests.get(id);
}

/** Whether an allocation is complete, and by these terms. */
export function isDecidedBy(allocation: DueCoupon['allocation'], terms: DueCoupon['terms']): boolean {
  if (allocation === undefined || !allocation.isComplete) return false;
  const { quota, opensAt, closesAt } = allocation;
  const used = quota === null || opensAt === null || closesAt === null ? undefined : { quota, opensAt, closesAt };
  return isSameTerms(used, terms);
}

export async function readBatch({ knex, dialect }: Database, all: readonly DueCoupon[]): Promise<CouponBatch> {
  const decidedBefore = all.filter(({ allocation, terms }) => isDecidedBy(allocation, terms)).map(({ id }) => id);
  const digests = await digestCoupons(knex, dialect, decidedBefore);
  const coupons = all.filter((due) => !isUnchanged(due, digests));
  const ids = coupons.filter((due) => problemOf(due) === undefined).map(({ id }) => id);
  const requests = Map.groupBy(await readRequests(knex, dialect, ids), ({ couponId }) => couponId);
  const storedIds = coupons.filter(({ allocation }) => allocation !== undefined).map(({ id }) => id);
  const rows = (some: readonly DueCoupon[]) => some.reduce((sum, one) => sum + one.requests, 0);
  return {
    kind: 'batch',
    size: Math.max(1, rows(all)),
    coupons,
    unchangedRequests: rows(all) - rows(coupons),
    requests,
    issues: await readIssues(knex, storedIds),
    refusals: await readRefusals(knex, storedIds),
  };
}

export function decideBatch(batch: CouponBatch): Processed<DecidedBatch> {
  const coupons: DecidedCoupon[] = [];
  const skipped: SkippedRecord[] = [];
  const storedRefusals = Map.groupBy(batch.refusals.values(), ({ couponId }) => couponId);
  let writeCount = 0;
  for (const due of batch.coupons) {
    const problem = problemOf(due);
    if (problem !== undefined) {
      skipped.push(problem);
      continue;
    }
    const requests = batch.requests.get(due.id) ?? [];
    const stored = storedRefusals.get(due.id) ?? [];
    coupons.push(decide(due, requests, batch.issues.get(due.id) ?? [], stored));
    writeCount += due.requests;
  }
  const processSkipCount = skipped.length;
  const filterCount = batch.unchangedRequests;
  return { output: { kind: 'batch', coupons }, writeCount, filterCount, processSkipCount, skipped };
}

/** A coupon that contradicts itself is left as it is; undefined for the others. */
export function problemOf({ id, terms }: DueCoupon): SkippedRecord | undefined {
  const usable = terms === undefined ? undefined : couponTerms(terms);
  if (terms === undefined || typeof usable !== 'string') return undefined;
  const payload = JSON.stringify({ id: id.toString(), ...terms, quota: terms.quota.toString() });
  return { phase: 'process', key: id.toString(), payload, error: `coupon ${id} cannot be allocated: ${usable}` };
}

export async function writeBatch(
  database: Database,
  tx: Transaction,
  run: AllocationRun,
  { coupons }: DecidedBatch,
): Promise<void> {
  if (coupons.length === 0) return;
  const { dialect } = database;
  const ids = coupons.map(({ due }) => due.id);
  const locked = await lockCoupons(tx, ids);
  const digests = await digestCoupons(tx, dialect, ids);
  const revisions = await readRevisions(tx, ids);
  for (const { due, row } of coupons) {
    const isSame =
      isSameTerms(locked.get(due.id), due.terms) &&
      digests.get(due.id) === row.digest &&
      revisions.get(due.id) === due.allocation?.revision;
    if (!isSame) throw overtaken(due.id);
  }
  const { jobExecutionId } = run;
  for (const { due, issues, hasOrphans } of coupons) {
    await deleteIssues(tx, due.id, issues.removedUsers);
    if (hasOrphans) await deleteOrphanedRefusals(tx, due.id);
  }
  await deleteRefusals(
    tx,
    coupons.flatMap(({ refusals }) => refusals.removed),
  );
  await insertIssues(database, tx, issueRows(coupons), jobExecutionId);
  await insertRefusals(database, tx, refusalRows(coupons), jobExecutionId);
  await writeAllocations(
    database,
    tx,
    run,
    coupons.map(({ row }) => row),
  );
  const count = coupons.reduce(
    (sum, { issues, refusals }) => sum + issues.withdrawn.length + issues.toldCount + refusals.added.length,
    0,
  );
  await addToOutbox(database, tx, count, messagesOf(coupons));
}

/** A conflict, which the chunk loop answers by reading again. */
export function overtaken(couponId: bigint) {
  return optimisticLock(`coupon ${couponId}, or one that is allocated with it, was changed meanwhile`, {
    hint: 'start the run again: it continues from its last checkpoint',
  });
}

function decide(
  due: DueCoupon,
  requests: readonly StoredRequest[],
  storedIssues: readonly Issue[],
  storedRefusals: readonly Refusal[],
): DecidedCoupon {
  const terms = due.terms === undefined ? undefined : couponTerms(due.terms);
  if (typeof terms === 'string') throw new TypeError(terms);
  const queue = new CouponQueue(terms);
  const refused: Partial<Record<RefusalReason, number>> = {};
  const decided = requests.toSorted(compareRequests).map((request) => {
    const { reason } = queue.take(request);
    if (reason !== undefined) refused[reason] = (refused[reason] ?? 0) + 1;
    return { requestId: request.id, userId: request.userId, reason };
  });
  const reasons = new Map(storedRefusals.map(({ requestId, reason }) => [requestId, reason]));
  const refusals = compareRefusals(decided, (id) => reasons.get(id));
  const present = new Set(requests.map(({ id }) => id));
  return {
    due,
    row: {
      couponId: due.id,
      quota: due.terms?.quota ?? null,
      opensAt: due.terms?.opensAt ?? null,
      closesAt: due.terms?.closesAt ?? null,
      revision: (due.allocation?.revision ?? 0) + 1,
      isComplete: true,
      digest: digestText(sumDigests(requests)),
      requests: requests.length,
      issued: queue.holders.size,
      refused,
    },
    issues: compareIssues(storedIssues, queue.holders),
    refusals,
    hasOrphans: storedRefusals.some(({ requestId }) => !present.has(requestId)),
  };
}

function* issueRows(coupons: readonly DecidedCoupon[]) {
  for (const { due, row, issues } of coupons) {
    for (const issue of issues.added) yield { couponId: due.id, revision: row.revision, issue };
  }
}

function* refusalRows(coupons: readonly DecidedCoupon[]) {
  for (const { due, row, refusals } of coupons) {
    for (const refusal of refusals.added) yield { couponId: due.id, revision: row.revision, refusal };
  }
}

function* messagesOf(coupons: readonly DecidedCoupon[]): Generator<Notification> {
  for (const { row, issues, refusals } of coupons) {
    yield* issueMessages(row, issues);
    yield* refusalMessages(row, refusals.added);
  }
}
