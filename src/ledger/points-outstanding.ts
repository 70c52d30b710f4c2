/**
 * How far a ledger is from what 63 bits hold. No account can hold more, either way, than all that was ever brought into
 * being and not taken back: the sum of what is below 0. As long as that and what is being posted fit, no account needs to
 * be read to know that it does.
 */
import type { Executor } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { accountTypes, balanceMax, isGuarded, type JournalRequest } from './rules/journal.ts';

/** Sources are few: one a kind, and what creators owe. Of more, all accounts are read instead of these. */
const sourcesMax = 1_000;
/** Interest goes between these, of which there are as many as deposits: what they hold is read where they are posted to. */
const interestTypes: ReadonlySet<string> = new Set(['deposit', 'interest']);
const sourceTypes = accountTypes.filter((type) => !isGuarded(type) && !interestTypes.has(type));

/** Whether `pointsOutstanding` says nothing of some account that the requests change. */
export function movesInterest(requests: readonly JournalRequest[]): boolean {
  return requests.some(({ entries }) => entries.some(({ account }) => interestTypes.has(account.type)));
}

/**
 * Whole points; `balanceMax` or more: not known to fit. Only accounts of unguarded types can be below 0.
 * Read it under the lock of the head.
 */
export async function pointsOutstanding(executor: Executor): Promise<bigint> {
  const rows = await executor('settle_account')
    .whereIn('account_type', sourceTypes)
    .where('balance', '<', 0)
    .limit(sourcesMax + 1)
    .pluck('balance');
  if (rows.length > sourcesMax) return balanceMax;
  return rows.reduce((sum: bigint, balance) => sum - toBigInt(balance), 0n);
}

/** The points that the requests move: what any account can have more or less after any of their entries. */
export function pointsOf(requests: readonly JournalRequest[]): bigint {
  let points = 0n;
  for (const { entries } of requests) for (const { amount } of entries) if (amount > 0n) points += amount;
  return points;
}
