/** Credits of creators that `settle ledger reverse` has taken back: what a settlement says beside what it pays. */
import type { Executor } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';

export interface Reversal {
  /** Of the credit that was reversed. */
  readonly journalKey: string;
  readonly reversalKey: string;
  /** The business date of the credit. */
  readonly date: string;
  /** Null: the suspense account. */
  readonly creatorId: bigint | null;
  /** Whole won that the credit had brought. */
  readonly amount: bigint;
  /** The business date that the reversal was posted for. */
  readonly reversedOn: string;
  readonly reason: string;
}

/** Of credits for dates from the first to the last, both inside, in the order of the reversals. */
export async function readReversals(
  executor: Executor,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Reversal[]> {
  const rows: Record<string, unknown>[] = await executor('settle_creator_credit as c')
    .join('settle_journal as j', 'j.journal_key', 'c.journal_key')
    .join('settle_journal as r', 'r.reverses_id', 'j.id')
    .whereBetween('c.business_date', [from, to])
    .orderBy('r.id')
    .select('c.journal_key', 'c.business_date', 'c.creator_id', 'c.amount')
    .select({ reversal_key: 'r.journal_key', reversed_on: 'r.business_date', reason: 'r.reason' });
  return rows.map((row) => ({
    journalKey: String(row.journal_key),
    reversalKey: String(row.reversal_key),
    date: String(row.business_date),
    creatorId: row.creator_id === null ? null : toBigInt(row.creator_id),
    amount: toBigInt(row.amount),
    reversedOn: String(row.reversed_on),
    reason: String(row.reason),
  }));
}
