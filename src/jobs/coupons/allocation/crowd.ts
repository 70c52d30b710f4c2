/**
 * A coupon with more requests than a chunk holds. Its first transaction decides who gets it: reading ends where the quota
 * is used up, so that memory grows with the quota alone. The refusals follow in pages, a transaction each. A request that
 * turns up behind the page, or changes who should have got the coupon, has the coupon begun anew; only what then differs is
 * written. It is complete when all of its requests, compared under its lock, are those that were decided.
 */
import type { Database, Transaction } from '../../../database/database.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import type { Chunk, Processed } from '../../../engine/step.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { addToOutbox, type Notification } from '../../../outbox/post-to-outbox.ts';
import type { HolderSet } from '../rules/holder-set.ts';
import { CouponQueue, type CouponTerms, compareRequests, judgeAfterwards, type RefusalReason } from '../rules/queue.ts';
import {
  type AllocationRow,
  type AllocationRun,
  deleteIssues,
  deleteOrphanedRefusals,
  deleteRefusals,
  findRefusals,
  type Issue,
  insertIssues,
  insertRefusals,
  readHolders,
  readIssues,
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
  digestRange,
  digestText,
  findDueCoupon,
  isSameTerms,
  lockCoupons,
  pageRequests,
  type QueueKey,
  type RequestDigest,
  type StoredRequest,
  sumDigests,
} from './coupon-store.ts';
import { overtaken, problemOf } from './small-coupons.ts';

const CROWD = 'crowd';
/** Requests that are held while places are given. */
const PREFIX_PAGE = 5_000;
/** How often a coupon is begun anew because others change its requests meanwhile. */
const PASSES_MAX = 20;

/** Where a crowd stands: committed with each page. */
interface CrowdState {
  readonly couponId: string;
  readonly revision: number;
  readonly pass: number;
  readonly after: { readonly requestedAt: string; readonly id: string } | null;
  readonly rows: number;
  /** A whole number as text, which JSON keeps. */
  readonly sum: string;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

/** Who gets the coupon, and the requests that this follows from. */
interface Opening {
  readonly issues: readonly Issue[];
  readonly to: QueueKey | undefined;
  readonly digest: RequestDigest;
}

export interface CrowdPage extends Chunk {
  readonly kind: 'page';
  readonly due: DueCoupon;
  readonly state: CrowdState;
  readonly opening: Opening | undefined;
  readonly requests: readonly StoredRequest[];
  readonly storedReasons: ReadonlyMap<bigint, RefusalReason>;
  readonly isLast: boolean;
}

export interface DecidedPage {
  readonly kind: 'page';
  readonly page: CrowdPage;
  readonly next: CrowdState;
  readonly issues: IssueChanges | undefined;
  readonly refusals: RefusalChanges;
}

/** The crowd that the last commit of a partition left unfinished. */
export function findCrowd(database: Database, run: AllocationRun, context: ExecutionContext): Crowd | undefined {
  const text = context.getString(CROWD);
  return text === undefined || text === '' ? undefined : new Crowd(database, run, JSON.parse(text), undefined);
}

export class Crowd {
  readonly #database: Database;
  readonly #run: AllocationRun;
  readonly #couponId: bigint;
  /** As committed; `revision` 0: nothing of this pass is. */
  #state: CrowdState;
  #holders: HolderSet | undefined;
  #due: DueCoupon | undefined;

  constructor(database: Database, run: AllocationRun, state: CrowdState, due: DueCoupon | undefined) {
    this.#database = database;
    this.#run = run;
    this.#state = state;
    this.#couponId = BigInt(state.couponId);
    this.#due = due;
  }

  static begin(database: Database, run: AllocationRun, due: DueCoupon): Crowd {
    return new Crowd(database, run, firstState(due.id, 1), due);
  }

  /** `crowd` undefined: there is none at present. */
  static save(crowd: Crowd | undefined, context: ExecutionContext): void {
    context.put(CROWD, crowd === undefined ? '' : JSON.stringify(crowd.#state));
  }

  async read(limit: number): Promise<CrowdPage> {
    for (;;) {
      const page = await this.#readPage(limit);
      if (page !== undefined) return page;
      const { pass } = this.#state;
      if (pass >= PASSES_MAX) throw unstable(this.#couponId);
      this.#state = firstState(this.#couponId, pass + 1);
      this.#holders = undefined;
    }
  }

  decide(page: CrowdPage): Processed<DecidedPage> {
    const terms = termsOf(page.due);
    const holders = this.#holders!;
    const refused: Partial<Record<RefusalReason, number>> = { ...page.state.refused };
    const decided = page.requests.map((request) => {
      // `read` has seen to it that there is a verdict.
      const { reason } = judgeAfterwards(terms, holders, request)!;
      if (reason !== undefined) refused[reason] = (refused[reason] ?? 0) + 1;
      return { requestId: request.id, userId: request.userId, reason };
    });
    const { rows, sum } = sumDigests(page.requests);
    const last = page.requests.at(-1);
    const { opening, due, state } = page;
    const next: CrowdState = {
      ...state,
      revision: opening === undefined ? state.revision : (due.allocation?.revision ?? 0) + 1,
      after: last === undefined ? state.after : { requestedAt: last.requestedAt, id: last.id.toString() },
      rows: state.rows + rows,
      sum: String(BigInt(state.sum) + sum),
      refused,
    };
    const issues = opening === undefined ? undefined : compareIssues(opening.issues, holders);
    const refusals = compareRefusals(decided, (id) => page.storedReasons.get(id));
    const output: DecidedPage = { kind: 'page', page, next, issues, refusals };
    return { output, writeCount: page.requests.length, filterCount: 0, processSkipCount: 0 };
  }

  async write({ page, next, issues, refusals }: DecidedPage, tx: Transaction): Promise<void> {
    const { dialect } = this.#database;
    const { due, state, opening, requests, isLast } = page;
    const id = this.#couponId;
    const locked = await lockCoupons(tx, [id]);
    const revision = (await readRevisions(tx, [id])).get(id);
    const expected = opening === undefined ? state.revision : due.allocation?.revision;
    if (!isSameTerms(locked.get(id), due.terms) || revision !== expected) throw overtaken(id);
    if (opening?.to !== undefined) await this.#requireSame(tx, undefined, opening.to, opening.digest);
    const last = requests.at(-1);
    if (last !== undefined) await this.#requireSame(tx, keyOf(state), last, sumDigests(requests));
    if (isLast && (await digestCoupons(tx, dialect, [id])).get(id) !== digestText(digestOf(next))) throw overtaken(id);

    const telling = { couponId: id, revision: next.revision };
    const { jobExecutionId } = this.#run;
    if (issues !== undefined) {
      await deleteIssues(tx, id, issues.removedUsers);
      const added = mapped(issues.added, (issue) => ({ ...telling, issue }));
      await insertIssues(this.#database, tx, added, jobExecutionId);
    }
    await deleteRefusals(tx, refusals.removed);
    await insertRefusals(
      this.#database,
      tx,
      refusals.added.map((refusal) => ({ ...telling, refusal })),
      jobExecutionId,
    );
    if (isLast && due.allocation !== undefined) await deleteOrphanedRefusals(tx, id);
    if (issues !== undefined || isLast) await writeAllocations(this.#database, tx, this.#run, [this.#row(page, next)]);
    const told = issues === undefined ? 0 : issues.withdrawn.length + issues.toldCount;
    await addToOutbox(this.#database, tx, told + refusals.added.length, messages(telling, issues, refusals));
    this.#state = next;
    if (opening !== undefined) this.#due = undefined;
  }

  /** Undefined: the coupon must be begun anew. */
  async #readPage(limit: number): Promise<CrowdPage | undefined> {
    const { knex, dialect } = this.#database;
    const id = this.#couponId;
    const isOpening = this.#state.revision === 0;
    this.#due ??= await findDueCoupon(knex, id);
    if (isOpening && this.#state.pass > 1) this.#due = await findDueCoupon(knex, id);
    const due = this.#due;
    if (!isOpening && !isContinued(due, this.#state.revision)) return undefined;
    const opening = isOpening ? await this.#open(due) : undefined;
    this.#holders ??= await readHolders(knex, id);
    const found = await pageRequests(knex, dialect, id, keyOf(this.#state), limit + 1);
    const requests = found.slice(0, limit);
    const isLast = found.length <= limit;
    const terms = termsOf(due);
    for (const [i, request] of requests.entries()) {
      if (i > 0 && compareRequests(requests[i - 1], request) > 0) throw oddTime(id, request);
      if (judgeAfterwards(terms, this.#holders, request) === undefined) return this.#giveUp();
    }
    if (isLast) {
      const { rows, sum } = sumDigests(requests);
      const before = digestOf(this.#state);
      const all = digestText({ rows: before.rows + rows, sum: before.sum + sum });
      if ((await digestCoupons(knex, dialect, [id])).get(id) !== all) return this.#giveUp();
    }
    const isStored = due.allocation !== undefined;
    const storedReasons = isStored
      ? await findRefusals(
          knex,
          requests.map((one) => one.id),
        )
      : new Map();
    const size = Math.max(1, requests.length);
    return { kind: 'page', size, due, state: this.#state, opening, requests, storedReasons, isLast };
  }

  #giveUp(): undefined {
    this.#due = undefined;
    return undefined;
  }

  /** Gives the places; `#holders` has them. */
  async #open(due: DueCoupon): Promise<Opening> {
    const { knex, dialect } = this.#database;
    // Its terms have become unsound since the range was begun: the next night sets it aside.
    if (problemOf(due) !== undefined) throw overtaken(due.id);
    const queue = new CouponQueue(termsOf(due));
    let to: StoredRequest | undefined;
    let digest: RequestDigest = { rows: 0, sum: 0n };
    while (!queue.isUsedUp) {
      const page = await pageRequests(knex, dialect, due.id, to, PREFIX_PAGE);
      let used = 0;
      for (const request of page) {
        if (queue.isUsedUp) break;
        if (to !== undefined && compareRequests(to, request) > 0) throw oddTime(due.id, request);
        queue.take(request);
        to = request;
        used++;
      }
      const { rows, sum } = sumDigests(page.slice(0, used));
      digest = { rows: digest.rows + rows, sum: digest.sum + sum };
      if (page.length < PREFIX_PAGE) break;
    }
    this.#holders = queue.holders;
    const stored = due.allocation === undefined ? [] : (await readIssues(knex, [due.id])).get(due.id)!;
    return { issues: stored, to, digest };
  }

  async #requireSame(
    tx: Transaction,
    after: QueueKey | undefined,
    to: QueueKey,
    expected: RequestDigest,
  ): Promise<void> {
    const found = await digestRange(tx, this.#database.dialect, this.#couponId, after, to);
    if (digestText(found) !== digestText(expected)) throw overtaken(this.#couponId);
  }

  #row({ due, isLast }: CrowdPage, next: CrowdState): AllocationRow {
    return {
      couponId: due.id,
      quota: due.terms?.quota ?? null,
      opensAt: due.terms?.opensAt ?? null,
      closesAt: due.terms?.closesAt ?? null,
      revision: next.revision,
      isComplete: isLast,
      digest: isLast ? digestText(digestOf(next)) : null,
      requests: next.rows,
      issued: this.#holders!.size,
      refused: next.refused,
    };
  }
}

/** Whether the coupon is still being decided by the revision that this crowd has begun, and by its terms. */
function isContinued({ allocation, terms }: DueCoupon, revision: number): boolean {
  if (allocation === undefined || allocation.isComplete || allocation.revision !== revision) return false;
  const { quota, opensAt, closesAt } = allocation;
  const used = quota === null || opensAt === null || closesAt === null ? undefined : { quota, opensAt, closesAt };
  return isSameTerms(used, terms);
}

function firstState(couponId: bigint, pass: number): CrowdState {
  return { couponId: couponId.toString(), revision: 0, pass, after: null, rows: 0, sum: '0', refused: {} };
}

function digestOf({ rows, sum }: CrowdState): RequestDigest {
  // A number in what an earlier version has left.
  return { rows, sum: BigInt(sum) };
}

function keyOf({ after }: CrowdState): QueueKey | undefined {
  return after === null ? undefined : { requestedAt: after.requestedAt, id: BigInt(after.id) };
}

function termsOf({ terms }: DueCoupon): CouponTerms | undefined {
  const usable = terms === undefined ? undefined : couponTerms(terms);
  if (typeof usable === 'string') throw new TypeError(usable);
  return usable;
}

function* messages(
  telling: { readonly couponId: bigint; readonly revision: number },
  issues: IssueChanges | undefined,
  refusals: RefusalChanges,
): Generator<Notification> {
  if (issues !== undefined) yield* issueMessages(telling, issues);
  yield* refusalMessages(telling, refusals.added);
}

function* mapped<A, B>(all: Iterable<A>, to: (one: A) => B): Generator<B> {
  for (const one of all) yield to(one);
}

function unstable(id: bigint): SettleError {
  return new SettleError(
    'COUPON_UNSTABLE',
    ExitCode.failed,
    `the requests of coupon ${id} were changed by others ${PASSES_MAX} times while they were being decided`,
    { hint: 'start the run again when its requests are written no more' },
  );
}

function oddTime(couponId: bigint, { id, requestedAt }: StoredRequest): SettleError {
  return new SettleError(
    'REQUEST_TIME_ODD',
    ExitCode.failed,
    `request ${id} of coupon ${couponId} was made at ${JSON.stringify(requestedAt)}, which is not written YYYY-MM-DD HH:MM:SS.sss`,
    {
      hint: 'texts that are written otherwise do not sort as their times do: correct the column, then start the run again',
    },
  );
}
