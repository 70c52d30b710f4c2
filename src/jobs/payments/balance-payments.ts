/**
 * Step `balance-payments`: what the partitions have read of the date, beside the sum of its classes. Each order and each
 * approval is in exactly one class, or the run ends with exit code 20. Keeps the totals with the run.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Executor, Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { StepReport } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { ExitCode, isSettleError, SettleError } from '../../errors.ts';
import { releaseClaim, requireClaim } from '../writer-claim.ts';
import { claimPayments, distrustRead, paymentClaim } from './claim.ts';
import { pointsDaysOf, timeoutHoursOf } from './payment-parameters.ts';
import { type ClassTotals, readTotals } from './read-classes.ts';
import { deleteRead, hasRead, sumRead } from './result-store.ts';
import { imbalance, type Sides, sumSides } from './rules/sides.ts';
import { totalsText } from './totals-text.ts';

const UNBALANCED = 'PAYMENTS_UNBALANCED';

function isUnbalanced(error: unknown): boolean {
  return isSettleError(error) && error.code === UNBALANCED;
}

const target: InsertTarget = {
  table: 'settle_payment_run',
  columns: [
    'business_date',
    'zone',
    'job_execution_id',
    'timeout_hours',
    'points_days',
    'totals',
    'changed',
    'computed_at',
  ],
  mode: 'replace-values',
  keys: ['business_date'],
};

export async function balancePayments(context: StepContext): Promise<StepReport | undefined> {
  const { transaction, jobExecutionId } = context;
  // A restart whose partitions are all complete has not asked for it yet.
  await claimPayments(context);
  try {
    return await transaction(async (tx) => {
      await requireClaim(tx, paymentClaim, jobExecutionId);
      const report = await balance(context, tx);
      await releaseClaim(tx, paymentClaim, jobExecutionId);
      return report;
    });
  } catch (error) {
    if (!isUnbalanced(error)) throw error;
    await transaction(async (tx) => {
      await requireClaim(tx, paymentClaim, jobExecutionId);
      await distrustRead(tx);
      await releaseClaim(tx, paymentClaim, jobExecutionId);
    });
    throw error;
  }
}

async function balance(
  { database, parameters, jobInstanceId, jobExecutionId }: StepContext,
  tx: Transaction,
): Promise<StepReport> {
  const date = parameters.require('date');
  // Balanced before, by an execution that ended before it could say so. A date without payments has read nothing, either.
  if (!(await hasRead(tx, jobInstanceId)) && (await isBalanced(tx, date))) return {};
  const { read, totals } = await requireBalanced(tx, jobInstanceId, date);
  const changed = await tx('settle_payment_class')
    .where({ as_of_date: date, job_execution_id: jobExecutionId })
    .count({ rows: '*' });
  await bulkInsert(tx, database.dialect, target, [
    [
      date,
      parameters.require('zone'),
      jobExecutionId,
      timeoutHoursOf(parameters),
      pointsDaysOf(parameters),
      totalsText(totals),
      changed[0].rows as number,
      await database.dialect.now(tx),
    ],
  ]);
  await deleteRead(tx, jobInstanceId);
  return { readCount: Number(read.orders + read.approvals) };
}

async function isBalanced(tx: Transaction, date: string): Promise<boolean> {
  return (await tx('settle_payment_run').where({ business_date: date }).first('business_date')) !== undefined;
}

/**
 * Both sides of a date: what the job instance has read, and the classes.
 * @throws SettleError PAYMENTS_UNBALANCED (exit 20)
 */
export async function requireBalanced(
  executor: Executor,
  jobInstanceId: number,
  date: string,
): Promise<{ readonly read: Sides; readonly totals: ClassTotals }> {
  const read = await sumRead(executor, jobInstanceId);
  const totals = await readTotals(executor, date, date);
  const problem = imbalance(read, sumSides(totals.values()));
  if (problem === undefined) return { read, totals };
  throw new SettleError(UNBALANCED, ExitCode.invariantBroken, `payments of ${date}: ${problem}`, {
    hint: 'keep a copy of the database; the next start of the run reads both sides again',
  });
}
