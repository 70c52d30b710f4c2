/**
 * One lock over all settlements: a late row on one date changes later ones, so two dates that are settled at once would
 * price each other's half-done work. Always taken first in a transaction, so that nothing can wait in a circle for it.
 */
import type { Transaction } from '../../database/database.ts';
import { lockRow } from '../../database/lock-row.ts';

/** Held until the transaction ends. */
export async function lockSettlements(tx: Transaction): Promise<void> {
  await lockRow(tx, 'settle_settlement_lock', { id: 1 }, { initial: {} });
}
