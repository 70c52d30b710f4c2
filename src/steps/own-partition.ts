/** The rows of a partition that the run's own process works on: at its start, and at its end. */
import type { Database } from '../database/database.ts';
import { fencedTransaction } from '../engine/fence.ts';
import { withRetry } from '../engine/retrying.ts';
import { stepError } from '../engine/step-error.ts';
import type { PartitionResult, PartitionTask } from '../partition/protocol.ts';
import { fromRemoteError } from '../partition/remote-error.ts';
import { insertStepContext, selectStepContext } from '../repository/execution-context.ts';
import { nextStepExecutionId } from '../repository/next-id.ts';
import { startOwnPartition, updatePartition } from '../repository/partition.ts';
import { insertStepExecution, selectStepExecution, updateStepExecution } from '../repository/step-execution.ts';
import { insertPartitionWork, type PartitionWork } from '../repository/step-progress.ts';
import type { PartitionProgress, StepExecution } from '../repository/types.ts';
import { newStepExecution } from './new-step-execution.ts';
import { newPartitionContext } from './partition-context.ts';
import type { StepRun } from './run-state.ts';

/** Writes the partition's row for this execution, with the context that the last one left. */
export async function startPartition(
  run: StepRun,
  partition: PartitionProgress,
  work: PartitionWork,
): Promise<Omit<PartitionTask, 'traceCarrier'>> {
  const { database, fence, execution, progress, retrying } = run;
  const { stepName, minId, maxId, rowsExpected, counts } = partition;
  const id = await withRetry(retrying, () => nextStepExecutionId(database, database.knex));
  const name = `${stepName}:${partition.partition}`;
  const stepExecution = newStepExecution(id, execution.id, name, run.now());
  const savedText = await withRetry(retrying, () => previousContext(database, partition));
  const contextText = savedText ?? newPartitionContext(partition);
  await withRetry(retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      // An earlier attempt was committed, but the answer was lost.
      if ((await selectStepExecution(tx, id)) !== undefined) return;
      await insertStepExecution(tx, stepExecution);
      await insertStepContext(tx, id, contextText);
      await startOwnPartition(tx, fence.jobInstanceId, stepName, partition.partition, id);
      await insertPartitionWork(tx, id, work);
    }),
  );
  const rowsDone = counts.readCount;
  progress({ type: 'partition-started', step: stepName, partition: partition.partition, rowsExpected, rowsDone });
  return { partition: partition.partition, minId, maxId, stepExecution, contextText, rowsDone, rowsExpected };
}

async function previousContext(
  database: Database,
  { stepExecutionId }: PartitionProgress,
): Promise<string | undefined> {
  return stepExecutionId === undefined ? undefined : await selectStepContext(database.knex, stepExecutionId);
}

/** A completed partition has said so itself, in its last transaction; how else it ended is written here. */
export async function endPartition(run: StepRun, task: PartitionTask, result: PartitionResult): Promise<void> {
  const { database, fence, progress, logger } = run;
  const { stepName } = run.stepExecution;
  const { partition } = task;
  if (result.outcome === 'completed') {
    logger.debug({ partition }, 'partition completed');
    progress({ type: 'partition-ended', step: stepName, partition, status: 'COMPLETED' });
    return;
  }
  const status = result.outcome === 'failed' ? 'FAILED' : 'STOPPED';
  const exitMessage = result.outcome === 'failed' ? stepError(fromRemoteError(result.error), stepName).message : '';
  const rollbackCount = result.outcome === 'failed' ? result.rollbackCount : 0;
  if (status === 'FAILED') logger.error({ partition, reason: exitMessage }, 'partition failed');
  await withRetry(run.retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      const stored = await selectStepExecution(tx, task.stepExecution.id, { lock: true });
      // A thread can die after its last commit and before it could tell.
      if (stored === undefined || stored.status === 'COMPLETED') return;
      const now = run.now();
      const ended: StepExecution = { ...stored, status, exitCode: status, exitMessage, rollbackCount, endTime: now };
      await updateStepExecution(tx, { ...ended, lastUpdated: now });
      await updatePartition(tx, fence.jobInstanceId, stepName, partition, { status, stepExecutionId: stored.id });
    }),
  );
  progress({ type: 'partition-ended', step: stepName, partition, status });
}
