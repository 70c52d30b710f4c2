/** Where a ledger ends, as one snapshot sees it. Every change of a ledger moves its head: same head, same ledger. */
import type { Transaction } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { Violation } from './rules/violation.ts';

export interface LedgerState {
  /** What the head names. */
  readonly headId: bigint;
  readonly headHash: string;
  /** The highest id of a journal; 0n without journals. */
  readonly lastId: bigint;
}

export const headPlace = 'the head of the chain';

/** @throws Violation when the head is not one row of id 1 */
export async function readLedgerState(tx: Transaction): Promise<LedgerState> {
  const rows = await tx('settle_ledger_head').select('id', 'last_journal_id', 'last_hash');
  if (rows.length !== 1 || String(rows[0].id) !== '1') {
    throw new Violation(headPlace, 'settle_ledger_head should have one row, of id 1');
  }
  const [{ last }] = await tx('settle_journal').max({ last: 'id' });
  // SQLite keeps a text in a column of integers, if it is made to.
  if (!/^-?\d+$/.test(String(rows[0].last_journal_id))) throw new Violation(headPlace, 'it names no journal');
  return {
    headId: toBigInt(rows[0].last_journal_id),
    headHash: String(rows[0].last_hash),
    lastId: last === null ? 0n : toBigInt(last),
  };
}

export function isSameState(a: LedgerState, b: LedgerState): boolean {
  return a.headId === b.headId && a.headHash === b.headHash && a.lastId === b.lastId;
}
