/**
 * One run at a time reconciles payments, whatever its date and job. What a run has read of its date holds beside the classes
 * while no other instance has written any: the claim keeps the instance that wrote last.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Executor, Transaction } from '../../database/database.ts';
import { type Row, toNumber } from '../../database/values.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { planOutdated } from '../../errors.ts';
import { takeClaim, type WriterClaim } from '../writer-claim.ts';
import { hasRead } from './result-store.ts';

export const paymentClaim: WriterClaim = {
  table: 'settle_payment_claim',
  doing: 'reconciling payments',
  overtaken: { code: 'PAYMENTS_OVERTAKEN', message: 'another run has taken over the reconciliation of payments' },
};

/** Where the run's date has begun: noted with the claim, so that of two first runs one sees the other. */
const begunTarget = {
  table: 'settle_payment_begun',
  columns: ['business_date'],
  mode: 'ignore',
  keys: ['business_date'],
} as const;

/**
 * Waits until no other run has the claim, takes it, and notes that the run's date has begun.
 * @throws SettleError PLAN_OUTDATED when another instance has reconciled since this one began to read: what it read says
 *   nothing of the classes any more
 */
export async function claimPayments(context: StepContext): Promise<void> {
  const { database, parameters, jobInstanceId } = context;
  await takeClaim(context, paymentClaim, async (tx, claimed) => {
    if (!isLast(claimed, jobInstanceId) && (await hasRead(tx, jobInstanceId)))
      throw planOutdated('another run has reconciled payments since this one began', {
        hint: 'start the run again: it reads both sides again',
      });
    await tx(paymentClaim.table).where({ id: 1 }).update({ job_instance_id: jobInstanceId });
    await bulkInsert(tx, database.dialect, begunTarget, [[parameters.require('date')]]);
  });
}

/** Whether what the instance has read is to be read again, before anything else. Asked at each start. */
export async function mustReadAgain(executor: Executor, jobInstanceId: number): Promise<boolean> {
  if (!(await hasRead(executor, jobInstanceId))) return false;
  const claimed: Row | undefined = await executor(paymentClaim.table).where({ id: 1 }).first();
  return claimed === undefined || !isLast(claimed, jobInstanceId);
}

/** From now on what was read does not count: the next start reads it again. */
export async function distrustRead(tx: Transaction): Promise<void> {
  await tx(paymentClaim.table).where({ id: 1 }).update({ job_instance_id: null });
}

function isLast({ job_instance_id: last }: Row, jobInstanceId: number): boolean {
  return last != null && toNumber(last) === jobInstanceId;
}
