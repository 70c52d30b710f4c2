/**
 * Brings postings and the ledger to what is due: the difference to what was posted about the end of a period, booked in
 * that date, or, where it is closed, as an adjustment in an open one.
 */
import type { Database, Transaction } from '../../database/database.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import type { EntryRequest, JournalRequest } from '../../ledger/types.ts';
import { addDays } from '../../rules/business-time.ts';
import type { DuePosting } from './decide-accounts.ts';
import { type InterestPosting, insertPostings } from './interest-store.ts';

/** Accounts of one journal, which has one entry more; well below what the ledger takes. */
const journalAccounts = 5_000;

export interface PostingRun {
  readonly date: string;
  readonly jobExecutionId: number;
  readonly closed: ReadonlySet<string>;
  /** The runs of the dates that have begun. */
  readonly begun: readonly { readonly date: string; readonly jobExecutionId: number }[];
}

/** In the caller's transaction, under the claim. */
export async function postInterest(
  database: Database,
  tx: Transaction,
  run: PostingRun,
  due: readonly DuePosting[],
): Promise<void> {
  const runs = new Map(run.begun.map(({ date, jobExecutionId }) => [date, jobExecutionId]));
  const postings: Omit<InterestPosting, 'journalKey'>[] = [];
  for (const { accountId, periodEnd, due: amount, posted } of due) {
    if (amount === posted.amount) continue;
    const isClosed = run.closed.has(periodEnd);
    postings.push({
      accountId,
      periodEnd,
      postingNo: posted.postings + 1,
      bookedDate: isClosed ? openDateAfter(periodEnd, run) : periodEnd,
      valueDate: addDays(periodEnd, 1),
      amount: amount - posted.amount,
      correctedJobExecutionId: isClosed ? (runs.get(periodEnd) ?? null) : null,
      jobExecutionId: run.jobExecutionId,
    });
  }
  const journals: JournalRequest[] = [];
  const keyed: InterestPosting[] = [];
  const groups = Map.groupBy(postings, ({ bookedDate, periodEnd }) => `${bookedDate} ${periodEnd}`);
  for (const own of groups.values()) {
    for (let at = 0; at < own.length; at += journalAccounts) {
      const some = own.slice(at, at + journalAccounts);
      const journal = journalOf(some);
      journals.push(journal);
      for (const posting of some) keyed.push({ ...posting, journalKey: journal.key });
    }
  }
  await insertPostings(database, tx, keyed);
  await postJournals({ database, tx }, journals);
}

/** Of one period and date of booking. The first posting names it: there is no second one with its number. */
function journalOf(postings: readonly Omit<InterestPosting, 'journalKey'>[]): JournalRequest {
  const [{ accountId, bookedDate, periodEnd, postingNo, valueDate }] = postings;
  const entries = postings.map(
    (one): EntryRequest => ({ account: { type: 'deposit', ownerId: one.accountId }, amount: one.amount }),
  );
  const total = entries.reduce((sum, { amount }) => sum + amount, 0n);
  const source: EntryRequest[] = [{ account: { type: 'interest', ownerId: 0n }, amount: -total }];
  // A journal has no entry of 0: what one account gives and another gets goes between them.
  const isBetween = total === 0n && entries.length > 1;
  return {
    key: `interest:${periodEnd}:${accountId}:${postingNo}`,
    kind: bookedDate === periodEnd ? 'interest' : 'interest-adjustment',
    businessDate: bookedDate,
    reason: `interest through ${periodEnd}, value date ${valueDate}${bookedDate === periodEnd ? '' : `, booked on ${bookedDate}`}`,
    entries: isBetween ? entries : [...source, ...entries],
  };
}

/** The date of the run, or the first open one after it. */
function openDateAfter(periodEnd: string, { date, closed }: PostingRun): string {
  let open = date > periodEnd ? date : addDays(periodEnd, 1);
  while (closed.has(open)) open = addDays(open, 1);
  return open;
}
