/**
 * Credits and take-backs of creators as journals. A user account never goes below 0: what a creator has spent already
 * and now has to give back is owed, on a suspense account of the creator's own, and kept from the next credits. So what
 * a creator has and owes together is always what the settlements say.
 */
import type { Executor } from '../../database/database.ts';
import { lockHead } from '../../ledger/head.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import { readBalances } from '../../ledger/read-balances.ts';
import { accountKey } from '../../ledger/rules/journal.ts';
import type { AccountRef, EntryRequest, JournalRequest, PostingContext } from '../../ledger/types.ts';

export interface CreatorCredit {
  readonly date: string;
  /** Null: not known; the one suspense account for that takes it. */
  readonly creatorId: bigint | null;
  /** From 1 for each creator and date. */
  readonly creditNo: number;
  /** Whole won, not 0; negative takes back. */
  readonly amount: bigint;
  readonly journalKey: string;
}

const expense: AccountRef = { type: 'expense', ownerId: 0n };
const unknownCreator: AccountRef = { type: 'suspense', ownerId: 0n };

/** One journal a credit, in the caller's transaction. How much goes to suspense follows from balances that nobody changes until it ends. */
export async function postCredits(context: PostingContext, credits: readonly CreatorCredit[]): Promise<void> {
  if (credits.length === 0) return;
  await lockHead(context);
  const balances = await readCreatorBalances(context.tx, credits);
  await postJournals(
    context,
    credits.map((credit) => journalOf(credit, balances)),
  );
}

/** Only of those on whom that depends: what is taken back from, and what is owed. */
async function readCreatorBalances(tx: Executor, credits: readonly CreatorCredit[]): Promise<Map<string, bigint>> {
  const accounts: AccountRef[] = [];
  for (const { creatorId, amount } of credits) {
    if (!isAccountOwner(creatorId)) continue;
    accounts.push(owedBy(creatorId));
    if (amount < 0n) accounts.push({ type: 'user', ownerId: creatorId });
  }
  return new Map(await readBalances(tx, accounts));
}

function journalOf(credit: CreatorCredit, balances: ReadonlyMap<string, bigint>): JournalRequest {
  const { date, creatorId, creditNo, amount, journalKey } = credit;
  return {
    key: journalKey,
    kind: 'video-settlement',
    businessDate: date,
    reason: `videos of ${date}${creditNo === 1 ? '' : `, change ${creditNo - 1}`}`,
    entries: [...creatorEntries(creatorId, amount, balances), { account: expense, amount: -amount }],
  };
}

function creatorEntries(
  creatorId: bigint | null,
  amount: bigint,
  balances: ReadonlyMap<string, bigint>,
): EntryRequest[] {
  if (!isAccountOwner(creatorId)) return [{ account: unknownCreator, amount }];
  const user: AccountRef = { type: 'user', ownerId: creatorId };
  const owed = owedBy(creatorId);
  const debt = -(balances.get(accountKey(owed)) ?? 0n);
  // A credit first pays what is owed; what is taken back and not there is owed.
  const toOwed = amount > 0n ? min(amount, debt) : min(0n, amount + (balances.get(accountKey(user)) ?? 0n));
  return [
    { account: owed, amount: toOwed },
    { account: user, amount: amount - toOwed },
  ].filter((entry) => entry.amount !== 0n);
}

/** An id that no account can have is as good as none. */
function isAccountOwner(creatorId: bigint | null): creatorId is bigint {
  return creatorId !== null && creatorId > 0n;
}

function owedBy(creatorId: bigint): AccountRef {
  return { type: 'suspense', ownerId: creatorId };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
