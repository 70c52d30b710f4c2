/**
 * Step `compare-coupons`: whom an online service has promised a coupon (the set `coupon:ID:issued` in Redis) beside who got
 * one. Small sets are compared together; a crowd's in pages. Differences are stored with the run, every promise that was not
 * kept among them; with `repair` the sets are set right (repair-promises.ts).
 */
import type { Database } from '../../../database/database.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { besideRedis, type RedisSession } from '../../beside-redis.ts';
import { PROMISES_COMPARED, wantsRepair } from '../../redis-comparison.ts';
import { pageIssues, readIssues } from '../allocation/allocation-store.ts';
import { dueCouponsOf } from '../allocation/allocation-worker.ts';
import { comparePromises, userOfMember } from '../rules/promises.ts';
import {
  addMembers,
  type ComparedCoupon,
  type CouponComparison,
  countMembers,
  findIssued,
  findReasons,
  type MemberDifference,
  type MemberKind,
  pageCompared,
  putComparisons,
} from './difference-store.ts';
import { findMissing, promisedSizes, readMembers, scanMembers } from './promise-sets.ts';
import { repairPromises } from './repair-promises.ts';

const PAGE_COUPONS = 1_000;
/** Members and issues of one coupon that is compared with others, and of all that are compared together. */
const SMALL_MAX = 2_000;
const TOGETHER_MAX = 10_000;
const PAGE_ISSUES = 2_000;
/** Of a coupon whose set lacks users: the others follow from who got it. */
const LISTED_ISSUES_MAX = 1_000;

interface Totals {
  compared: number;
  differing: number;
  absent: number;
  'promised only': number;
  'issued only': number;
  unreadable: number;
  moving: number;
  repaired: number;
}

type Sized = ComparedCoupon & { readonly promised: number };

export async function comparePromisedCoupons(context: StepContext): Promise<Partial<StepCounts>> {
  let totals = noTotals();
  let isAsked = false;
  const problem = await besideRedis(context, 'the promised coupons', async (session) => {
    isAsked = true;
    totals = noTotals();
    const { parameters, jobExecutionId, database, signal } = context;
    const due = dueCouponsOf(parameters.require('date'), parameters.require('zone'));
    for (let after: bigint | undefined; ; ) {
      signal.throwIfAborted();
      const coupons = await pageCompared(database.knex, { ...due, jobExecutionId }, after, PAGE_COUPONS);
      await comparePage(context, session, coupons, totals);
      after = coupons.at(-1)?.id;
      if (coupons.length < PAGE_COUPONS || after === undefined) return;
    }
  });
  if (!isAsked && problem === undefined) return {};
  context.jobContext.put(PROMISES_COMPARED, { ...totals, ...(problem === undefined ? {} : { problem }) });
  if (totals.differing > 0) {
    context.logger.warn(
      `the promises of ${totals.differing} coupons in Redis differ from who got them: \`settle differences ${context.jobExecutionId}\``,
    );
  }
  return { readCount: totals.compared, writeCount: totals.repaired };
}

async function comparePage(
  context: StepContext,
  session: RedisSession,
  coupons: readonly ComparedCoupon[],
  totals: Totals,
): Promise<void> {
  const sizes = await promisedSizes(
    session,
    coupons.map(({ id }) => id),
  );
  totals.compared += coupons.length;
  let together: Sized[] = [];
  let members = 0;
  for (const [at, coupon] of coupons.entries()) {
    const promised = sizes[at];
    if (promised === undefined) {
      context.logger.warn(`coupon:${coupon.id}:issued in Redis is no set: coupon ${coupon.id} is not compared`);
      totals.unreadable++;
      continue;
    }
    if (promised === 0 && coupon.issued === 0) continue;
    // No set: nobody keeps one for this coupon, or Redis has lost it.
    if (promised === 0 && !wantsRepair(context.parameters)) {
      totals.absent++;
      continue;
    }
    const sized = { ...coupon, promised };
    const size = promised + coupon.issued;
    if (size > SMALL_MAX) {
      await settleComparison(context, session, sized, await compareCrowd(context, session, sized), totals);
      continue;
    }
    if (members + size > TOGETHER_MAX) {
      await compareTogether(context, session, together, totals);
      together = [];
      members = 0;
    }
    together.push(sized);
    members += size;
  }
  await compareTogether(context, session, together, totals);
}

async function compareTogether(
  context: StepContext,
  session: RedisSession,
  coupons: readonly Sized[],
  totals: Totals,
): Promise<void> {
  if (coupons.length === 0) return;
  const { database, jobExecutionId, transaction } = context;
  const ids = coupons.map(({ id }) => id);
  const members = await readMembers(session, ids);
  const issues = await readIssues(database.knex, ids);
  for (const [at, coupon] of coupons.entries()) {
    const users = issues.get(coupon.id)!.map(({ userId }) => userId);
    const { promisedOnly, issuedOnly, unreadable } = comparePromises(members[at], users);
    if (promisedOnly.length + issuedOnly.length + unreadable.length === 0) continue;
    const found = [
      ...(await toPromised(database, coupon.id, promisedOnly)),
      ...toMembers(coupon.id, 'unreadable', unreadable),
      ...toMembers(coupon.id, 'issued', issuedOnly.slice(0, LISTED_ISSUES_MAX)),
    ];
    await transaction((tx) => addMembers(database, tx, jobExecutionId, found));
    const counts = {
      promisedOnly: promisedOnly.length,
      issuedOnly: issuedOnly.length,
      unreadable: unreadable.length,
    };
    await settleComparison(context, session, coupon, counts, totals);
  }
}

type Counts = Pick<CouponComparison, 'promisedOnly' | 'issuedOnly' | 'unreadable'>;

/** In pages, from both sides; a member that the scan gives twice is stored once. */
async function compareCrowd(context: StepContext, session: RedisSession, { id }: Sized): Promise<Counts> {
  const { database, jobExecutionId, transaction } = context;
  for await (const page of scanMembers(session, id)) {
    const users = page.flatMap((member) => userOfMember(member) ?? []);
    const issued = await findIssued(database.knex, id, users);
    const { promisedOnly, unreadable } = comparePromises(page, [...issued]);
    if (promisedOnly.length + unreadable.length === 0) continue;
    const found = [...(await toPromised(database, id, promisedOnly)), ...toMembers(id, 'unreadable', unreadable)];
    await transaction((tx) => addMembers(database, tx, jobExecutionId, found));
  }
  let issuedOnly = 0;
  for (let from = 1n; ; ) {
    const page = await pageIssues(database.knex, id, from, PAGE_ISSUES);
    const missing = await findMissing(
      session,
      id,
      page.map(({ userId }) => userId),
    );
    const listed = missing.slice(0, Math.max(0, LISTED_ISSUES_MAX - issuedOnly));
    issuedOnly += missing.length;
    if (listed.length > 0) {
      await transaction((tx) => addMembers(database, tx, jobExecutionId, toMembers(id, 'issued', listed)));
    }
    const last = page.at(-1);
    if (page.length < PAGE_ISSUES || last === undefined) break;
    from = last.place + 1n;
  }
  const counted = async (kind: MemberKind) => await countMembers(database.knex, jobExecutionId, id, kind);
  return { promisedOnly: await counted('promised'), unreadable: await counted('unreadable'), issuedOnly };
}

/** Stores the comparison of a coupon that differs, and sets its set right where that is asked for. */
async function settleComparison(
  context: StepContext,
  session: RedisSession,
  coupon: Sized,
  counts: Counts,
  totals: Totals,
): Promise<void> {
  const { promisedOnly, issuedOnly, unreadable } = counts;
  if (promisedOnly + issuedOnly + unreadable === 0) return;
  const { database, jobExecutionId, transaction, parameters } = context;
  const { repaired, isMoving } = wantsRepair(parameters)
    ? await repairPromises(context, session, coupon, counts)
    : { repaired: 0, isMoving: false };
  const { id: couponId, promised, issued } = coupon;
  const row: CouponComparison = { couponId, promised, issued, ...counts, repaired, isMoving };
  await transaction((tx) => putComparisons(database, tx, jobExecutionId, [row]));
  totals.differing++;
  totals['promised only'] += promisedOnly;
  totals['issued only'] += issuedOnly;
  totals.unreadable += unreadable;
  totals.repaired += repaired;
  if (isMoving) totals.moving++;
}

async function toPromised({ knex }: Database, couponId: bigint, users: readonly bigint[]): Promise<MemberDifference[]> {
  const reasons = await findReasons(knex, couponId, users);
  return users.map((user) => ({
    couponId,
    member: String(user),
    kind: 'promised',
    reason: reasons.get(user) ?? null,
    isRepaired: false,
  }));
}

function toMembers(couponId: bigint, kind: MemberKind, members: readonly (bigint | string)[]): MemberDifference[] {
  return members.map((member) => ({ couponId, member: String(member), kind, reason: null, isRepaired: false }));
}

function noTotals(): Totals {
  return {
    compared: 0,
    differing: 0,
    absent: 0,
    'promised only': 0,
    'issued only': 0,
    unreadable: 0,
    moving: 0,
    repaired: 0,
  };
}
