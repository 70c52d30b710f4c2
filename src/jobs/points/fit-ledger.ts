/** What jobs that move money ask before they start: whether the ledger is known to be broken. */
import type { Database } from '../../database/database.ts';
import { requireNotKnownBroken } from '../../ledger/last-verification.ts';

/** @throws SettleError LEDGER_BROKEN (exit 20) when the last `settle ledger verify` found the ledger broken */
export async function requireFitLedger({ knex }: Database): Promise<void> {
  await requireNotKnownBroken(knex);
}
