/** What runs posted to creators. */
import type { Database } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';
import { inBatches } from '../../repository/in-batches.ts';

/** Whole won that these executions credited, adjustments included and reversed credits taken off. */
export async function postedAmount({ knex }: Database, jobExecutionIds: readonly number[]): Promise<bigint> {
  const sums = await inBatches(jobExecutionIds, (ids) =>
    knex('settle_creator_credit').whereIn('job_execution_id', ids).sum({ won: 'amount' }),
  );
  return sums.reduce((total, row) => total + (row.won === null ? 0n : toBigInt(row.won)), 0n);
}
