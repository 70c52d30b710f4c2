/** What `settle purge` removes of the outbox. */
import type { PurgedRows } from '../../../cli/command-context.ts';
import type { Database } from '../../../database/database.ts';
import { toSettleError } from '../../../database/errors.ts';
import { purgeDelivered } from './outbox-state.ts';

/** Delivered rows. Who runs settle has no right to delete from the outbox unless he was given it: they stay then. */
export async function purgeOutbox(database: Database, before: Date, isDryRun: boolean): Promise<PurgedRows> {
  const what = 'delivered messages';
  try {
    return { what, removed: await purgeDelivered(database, before, isDryRun) };
  } catch (error) {
    if (toSettleError(error).code !== 'DATABASE_PRIVILEGE_MISSING') throw error;
    const why = `${what} stay: the database user may not delete from settle_outbox`;
    const hint = 'run `settle outbox purge --days 400`, or with the days of this purge, as a user who may';
    return { what, removed: 0, kept: { why, hint } };
  }
}
