/**
 * Step `balance-payments`: what the partitions have read of the date, beside the sum of its classes. Each order and each
 * approval is in exactly one class, or the run ends with exit code 20. Keeps the totals with the run.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Executor } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { StepReport } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { pointsDaysOf, timeoutHoursOf } from './payment-parameters.ts';
import { type ClassTotals, readTotals } from './read-classes.ts';
import { sumRead } from './result-store.ts';
import { imbalance, type Sides, sumSides } from './rules/sides.ts';
import { totalsText } from './totals-text.ts';

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
  const { database, parameters, jobInstanceId, jobExecutionId } = context;
  const date = parameters.require('date');
  return await context.transaction(async (tx) => {
    const { read, totals } = await requireBalanced(tx, jobInstanceId, date, parameters.require('zone'));
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
    await tx('settle_payment_read').where({ job_instance_id: jobInstanceId }).delete();
    return { readCount: Number(read.orders + read.approvals) };
  });
}

/**
 * Both sides of a date: what the job instance has read, and the classes.
 * @throws SettleError PAYMENTS_UNBALANCED (exit 20)
 */
export async function requireBalanced(
  executor: Executor,
  jobInstanceId: number,
  date: string,
  zone: string,
): Promise<{ readonly read: Sides; readonly totals: ClassTotals }> {
  const read = await sumRead(executor, jobInstanceId);
  const totals = await readTotals(executor, date, date);
  const problem = imbalance(read, sumSides(totals.values()));
  if (problem === undefined) return { read, totals };
  throw new SettleError('PAYMENTS_UNBALANCED', ExitCode.invariantBroken, `payments of ${date}: ${problem}`, {
    hint: `keep the database as it is; \`settle run payment-reconciliation --date ${date} --zone ${zone} --rerun\` reads both sides again`,
  });
}
