/**
 * The points of payments onto the ledger: reversals first, then postings, in bulk. What the ledger refuses is kept with its
 * reason, and the next night tries it again.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import { instantText } from '../../database/instant.ts';
import { contentDigest } from '../../ledger/digest.ts';
import { findDigests } from '../../ledger/find-digests.ts';
import { lockHead } from '../../ledger/head.ts';
import { postCoveredJournals } from '../../ledger/post-journals.ts';
import type { JournalRequest } from '../../ledger/types.ts';
import type { StoredFacts } from './fact-store.ts';
import type { Decision, KeptPosting } from './rules/decide.ts';

const DAY_MS = 86_400_000;
/** The last instant that has a text. */
const LAST_MS = Date.UTC(10_000, 0, 1) - 1;
const PROBLEM_MAX = 500;

const target: InsertTarget = {
  table: 'settle_payment_posting',
  columns: [
    'order_id',
    'approval_id',
    'seq',
    'user_id',
    'amount',
    'granted_at',
    'expires_at',
    'state',
    'business_date',
    'journal_key',
    'reversed_date',
    'problem',
    'job_execution_id',
  ],
  mode: 'replace-values',
  keys: ['order_id', 'approval_id', 'seq'],
};

export interface PaymentRun {
  readonly date: string;
  readonly jobExecutionId: number;
  /** Life of points, in days from the approval. */
  readonly pointsDays: number;
}

export interface DecidedFacts {
  readonly facts: StoredFacts;
  readonly decision: Decision;
}

interface Movement extends Omit<KeptPosting, 'problem' | 'state'> {
  readonly orderId: bigint;
  readonly request: JournalRequest;
}

/** Returns how many movements the ledger refused. */
export async function movePoints(
  database: Database,
  tx: Transaction,
  run: PaymentRun,
  decided: readonly DecidedFacts[],
): Promise<number> {
  const reversals = decided.flatMap(({ facts, decision }) =>
    decision.reverse.map((posting) => reversalOf(facts.orderId, posting, run.date)),
  );
  const postings = decided.flatMap(({ facts, decision }) => postingOf(facts, decision, run));
  await dropUnwanted(tx, decided);
  if (reversals.length + postings.length === 0) return 0;
  await lockHead({ tx });
  const taken = await post(database, tx, reversals);
  await keep(database, tx, run, reversals, taken, { done: 'reversed', refused: 'posted' });
  // What an order was given before is taken back before it is given again.
  const stuck = new Set(reversals.filter(({ journalKey }) => taken.has(journalKey)).map(({ orderId }) => orderId));
  const free = postings.filter(({ orderId }) => !stuck.has(orderId));
  const refused = await post(database, tx, free);
  await keep(database, tx, run, free, refused, { done: 'posted', refused: 'due' });
  return taken.size + refused.size;
}

/** Posts, and returns why the ledger refused those that it did, by the key of their postings. */
async function post(
  database: Database,
  tx: Transaction,
  movements: readonly Movement[],
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const digests = await findDigests(
    tx,
    movements.map(({ request }) => request.key),
  );
  const requests: JournalRequest[] = [];
  const postingKeys = new Map<string, string>();
  for (const { request, journalKey } of movements) {
    const known = digests.get(request.key);
    postingKeys.set(request.key, journalKey);
    if (known === undefined) requests.push(request);
    // Somebody has reversed it by hand: the points are taken back.
    else if (request.reverses !== undefined) continue;
    else if (known !== contentDigest(request)) refused.set(journalKey, `another journal has the key ${request.key}`);
  }
  const { rejected } = await postCoveredJournals({ database, tx }, requests);
  for (const { request, reason } of rejected) refused.set(postingKeys.get(request.key) ?? request.key, reason);
  return refused;
}

async function keep(
  database: Database,
  tx: Transaction,
  run: PaymentRun,
  movements: readonly Movement[],
  refused: ReadonlyMap<string, string>,
  state: { readonly done: KeptPosting['state']; readonly refused: KeptPosting['state'] },
): Promise<void> {
  const rows = movements.map((one) => {
    const problem = refused.get(one.journalKey);
    const now = problem === undefined ? state.done : state.refused;
    return [
      one.orderId,
      one.approvalId,
      one.seq,
      one.userId,
      one.amount,
      one.grantedAt,
      one.expiresAt,
      now,
      one.businessDate,
      one.journalKey,
      now === 'reversed' ? run.date : null,
      problem?.slice(0, PROBLEM_MAX) ?? null,
      run.jobExecutionId,
    ];
  });
  await bulkInsert(tx, database.dialect, target, rows);
}

/** Postings that were refused, and that nobody wants any more: nothing has come of them. */
async function dropUnwanted(tx: Transaction, decided: readonly DecidedFacts[]): Promise<void> {
  for (const { facts, decision } of decided) {
    const { due, post: wanted } = decision;
    if (due === undefined || wanted?.approval.id === due.approvalId) continue;
    await tx('settle_payment_posting')
      .where({ order_id: String(facts.orderId), approval_id: String(due.approvalId), seq: due.seq, state: 'due' })
      .delete();
  }
}

function reversalOf(orderId: bigint, posting: KeptPosting, date: string): Movement {
  const request: JournalRequest = {
    key: `reversal/${posting.journalKey}`,
    kind: 'reversal',
    businessDate: date,
    reason: `payment order ${orderId} turned out otherwise`,
    entries: entriesOf(posting, -1n).toReversed(),
    restoresLotsOf: [posting.journalKey],
    reverses: posting.journalKey,
  };
  return { ...posting, orderId, request };
}

function postingOf(facts: StoredFacts, { post: wanted }: Decision, run: PaymentRun): Movement[] {
  if (wanted === undefined) return [];
  const { order, approval } = wanted;
  const own = facts.postings.filter(({ approvalId }) => approvalId === approval.id);
  const due = own.find(({ state }) => state === 'due');
  const seq = due?.seq ?? own.reduce((max, one) => Math.max(max, one.seq), 0) + 1;
  const posting = {
    orderId: order.id,
    approvalId: approval.id,
    seq,
    userId: order.userId,
    amount: order.amount,
    grantedAt: instantText(approval.approvedMs),
    expiresAt: instantText(Math.min(approval.approvedMs + run.pointsDays * DAY_MS, LAST_MS)),
    businessDate: run.date,
    journalKey: seq === 1 ? `payment:${approval.id}` : `payment:${approval.id}:${seq}`,
  };
  const request: JournalRequest = {
    key: posting.journalKey,
    kind: 'payment',
    businessDate: run.date,
    reason: `payment order ${order.id}, approval ${approval.id}`,
    entries: entriesOf(posting, 1n),
  };
  return [{ ...posting, request }];
}

function entriesOf(
  posting: Pick<KeptPosting, 'userId' | 'amount' | 'grantedAt' | 'expiresAt'>,
  sign: 1n | -1n,
): JournalRequest['entries'] {
  const { userId, amount, grantedAt, expiresAt } = posting;
  const user = { account: { type: 'user', ownerId: userId } as const, amount: sign * amount };
  return [
    { account: { type: 'grant', ownerId: 0n } as const, amount: -sign * amount },
    sign === 1n ? { ...user, lot: { grantedAt, expiresAt } } : user,
  ];
}
