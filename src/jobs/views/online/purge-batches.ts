/** What `settle purge` removes of the batches of posted views. */
import type { PurgedRows } from '../../../cli/command-context.ts';
import type { Database } from '../../../database/database.ts';
import { toSettleError } from '../../../database/errors.ts';
import { purgeBatches } from './batch-store.ts';

/** A batch that is posted again after that is a new one. */
export async function purgeViewBatches(database: Database, before: Date, isDryRun: boolean): Promise<PurgedRows> {
  const what = 'batches of posted views';
  try {
    return { what, removed: await purgeBatches(database, before, isDryRun) };
  } catch (error) {
    if (toSettleError(error).code !== 'DATABASE_PRIVILEGE_MISSING') throw error;
    const why = `${what} stay: the database user may not delete from settle_view_batch`;
    return { what, removed: 0, kept: { why, hint: 'run this purge as a user who may' } };
  }
}
