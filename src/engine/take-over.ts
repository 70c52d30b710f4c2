/**
 * What happens to an execution whose owner is dead: it and its running steps are FAILED, with the reason. Partitions that
 * workers have claimed are not its own: they go on.
 */
import type { Transaction } from '../database/database.ts';
import { updateJobExecution } from '../repository/job-execution.ts';
import { deleteLease } from '../repository/lease.ts';
import { failStartedPartitions } from '../repository/partition.ts';
import { listClaimedStepExecutions } from '../repository/partition-claim.ts';
import { selectStepExecutions, updateStepExecution } from '../repository/step-execution.ts';
import { isRunning, type JobExecution } from '../repository/types.ts';

/** The caller holds the instance's row and has taken its fence. Changes `execution` as well. */
export async function failDeadExecution(
  tx: Transaction,
  execution: JobExecution,
  reason: string,
  now: Date,
): Promise<void> {
  const failed = { status: 'FAILED', exitCode: 'FAILED', exitMessage: reason, endTime: now, lastUpdated: now } as const;
  const claimed = await listClaimedStepExecutions(tx, execution.jobInstanceId);
  for (const step of await selectStepExecutions(tx, execution.id)) {
    if (isRunning(step.status) && !claimed.has(step.id)) await updateStepExecution(tx, Object.assign(step, failed));
  }
  await failStartedPartitions(tx, execution.jobInstanceId);
  await updateJobExecution(tx, Object.assign(execution, failed));
  await deleteLease(tx, execution.id);
}
