/**
 * One lock over all settlements: a late row on one date changes later ones, so two dates that are settled at once would
 * price each other's half-done work. Always taken first in a transaction, so that nothing can wait in a circle for it.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';

/** Held until the transaction ends. */
export async function lockSettlements(database: Database, tx: Transaction): Promise<void> {
  const select = `SELECT id FROM settle_settlement_lock WHERE id = 1${database.dialect.rowLock}`;
  if ((await tx('settle_settlement_lock').first('id')) === undefined) {
    const target = { table: 'settle_settlement_lock', columns: ['id'], mode: 'ignore' as const, keys: ['id'] };
    await bulkInsert(tx, database.dialect, target, [[1]]);
  }
  await tx.raw(select);
}
