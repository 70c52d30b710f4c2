/** Why a user has the points that they have: sums by kind of journal, the lots that are left, and where to look. */
import type { Database } from '../database/database.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { type Row, toBigInt, toNumber } from '../database/values.ts';
import { readLot } from './load-book.ts';
import { compareLots, type Lot } from './rules/lots.ts';

export interface BalanceExplanation {
  readonly userId: bigint;
  /** Whole points; null for a user of whom the ledger knows nothing. */
  readonly balance: bigint | null;
  /** The name of the rule and what it says. */
  readonly rule: string;
  /** Balance, sum of entries and sum of open lots are the same. */
  readonly agrees: boolean;
  readonly entriesSum: bigint;
  readonly lotsSum: bigint;
  readonly kinds: readonly { readonly kind: string; readonly entries: number; readonly amount: bigint }[];
  /** The open ones, in the order in which they will be taken. */
  readonly lots: readonly (Lot & { readonly journalKey: string; readonly kind: string; readonly reason: string })[];
  /** Queries that list the rows behind the numbers. */
  readonly sources: { readonly entries: string; readonly lots: string };
}

const rule =
  'ledger/fifo-lots (domain section 5): each credit opens a lot; debits take lots by expiry, then grant time, then id; ' +
  'balance = sum of entries = sum of what is left of lots';

export async function explainBalance(database: Database, userId: bigint): Promise<BalanceExplanation> {
  const user = userId.toString();
  return await readSnapshot(database, async (tx) => {
    const account = await tx('settle_account').where({ account_type: 'user', owner_id: user }).first('balance');
    const kindRows: Row[] = await tx('settle_entry as e')
      .join('settle_journal as j', 'j.id', 'e.journal_id')
      .where({ 'e.account_type': 'user', 'e.owner_id': user })
      .groupBy('j.kind')
      .orderBy('j.kind')
      .select('j.kind')
      .count({ entries: '*' })
      .sum({ amount: 'e.amount' });
    const lotRows = await tx('settle_lot as l')
      .join('settle_journal as j', 'j.id', 'l.journal_id')
      .where('l.user_id', user)
      .where('l.remaining', '>', 0)
      .select('l.*', 'j.journal_key', 'j.kind', 'j.reason');
    const kinds = kindRows.map((row) => ({
      kind: String(row.kind),
      entries: toNumber(row.entries),
      amount: toBigInt(row.amount),
    }));
    const lots = lotRows.map((row) => ({
      ...readLot(row),
      journalKey: String(row.journal_key),
      kind: String(row.kind),
      reason: String(row.reason),
    }));
    lots.sort((a, b) => compareLots(a, b));
    const balance = account === undefined ? null : toBigInt(account.balance);
    const entriesSum = kinds.reduce((sum, { amount }) => sum + amount, 0n);
    const lotsSum = lots.reduce((sum, { remaining }) => sum + remaining, 0n);
    return {
      userId,
      balance,
      rule,
      agrees: (balance ?? 0n) === entriesSum && entriesSum === lotsSum,
      entriesSum,
      lotsSum,
      kinds,
      lots,
      sources: {
        entries:
          'SELECT e.*, j.journal_key, j.kind, j.business_date, j.reason FROM settle_entry e ' +
          `JOIN settle_journal j ON j.id = e.journal_id WHERE e.account_type = 'user' AND e.owner_id = ${user} ` +
          'ORDER BY e.journal_id, e.line_no',
        lots: `SELECT * FROM settle_lot WHERE user_id = ${user} AND remaining > 0 ORDER BY expires_at IS NULL, expires_at, granted_at, journal_id, line_no`,
      },
    };
  });
}
