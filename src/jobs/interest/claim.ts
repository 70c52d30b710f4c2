/** One run at a time writes interest, whatever its date: what a date's run posts depends on what was posted before. */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { lockSettlements } from '../video-settlement/settlement-lock.ts';
import { takeClaim, type WriterClaim } from '../writer-claim.ts';
import { type InterestDate, readInterestDates } from './interest-store.ts';

export const interestClaim: WriterClaim = {
  table: 'settle_interest_claim',
  doing: 'accruing interest',
  overtaken: { code: 'INTEREST_OVERTAKEN', message: 'another run has taken over the accrual of interest' },
};

/**
 * Waits until no other run has the claim, takes it, and notes that the date's accrual has begun.
 * @returns the dates that had begun before, in order
 */
export async function claimInterest(context: StepContext, date: string): Promise<InterestDate[]> {
  const { database, jobExecutionId } = context;
  const note = async (tx: Transaction) => {
    const begun = await readInterestDates(tx);
    await noteDate(database, tx, date, jobExecutionId);
    return begun;
  };
  // Its row must be there for the shared locks of chunks.
  return await takeClaim(context, interestClaim, note, lockSettlements);
}

async function noteDate(database: Database, tx: Transaction, date: string, jobExecutionId: number): Promise<void> {
  const row = [date, jobExecutionId, null];
  const columns = ['business_date', 'job_execution_id', 'completed_at'];
  const target = { table: 'settle_interest_date', columns, mode: 'replace-values' as const, keys: ['business_date'] };
  await bulkInsert(tx, database.dialect, target, [row]);
}
