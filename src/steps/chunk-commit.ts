/** The transactions of the chunk loop: what a chunk has done, with its counts and checkpoint; and what became of one. */
import type { Database, Transaction } from '../database/database.ts';
import { type ExecutionContext, serialiseContext } from '../engine/execution-context.ts';
import { type Fence, fencedTransaction } from '../engine/fence.ts';
import type { SkippedRecord } from '../engine/skip-policy.ts';
import { selectStepContext, updateStepContext } from '../repository/execution-context.ts';
import { insertSkipped } from '../repository/skipped.ts';
import { selectStepExecution, updateStepExecution } from '../repository/step-execution.ts';
import type { ExecutionCounts, StepExecution } from '../repository/types.ts';

export interface CommitScope {
  readonly database: Database;
  readonly fence: Fence;
  /** Changed at each commit, never by a transaction that failed (except `rollbackCount`). */
  readonly stepExecution: StepExecution;
  readonly executionContext: ExecutionContext;
  readonly now: () => Date;
}

/** One transaction of the step: `work` and the row that it returns. The step's own row is changed by the commit only. */
export async function commitChunk(
  scope: CommitScope,
  work: (tx: Transaction) => Promise<StepExecution>,
): Promise<void> {
  const { database, fence, stepExecution, executionContext } = scope;
  try {
    const committed = await fencedTransaction(database, fence, async (tx) => {
      const next: StepExecution = { ...(await work(tx)), lastUpdated: scope.now() };
      await updateStepContext(tx, stepExecution.id, serialiseContext(executionContext));
      await updateStepExecution(tx, next);
      return next;
    });
    Object.assign(stepExecution, committed);
  } catch (error) {
    stepExecution.rollbackCount++;
    throw error;
  }
}

/**
 * Goes back to the last commit: row and context as they are stored. When the answer to a commit was lost, that is where
 * its fate is found: the row has the next version, or it has not. The row's lock makes a commit that is still under
 * way come first.
 */
export async function reloadCommitted({
  database,
  fence,
  stepExecution,
  executionContext,
}: CommitScope): Promise<void> {
  const { id } = stepExecution;
  const { stored, context } = await fencedTransaction(database, fence, async (tx) => ({
    stored: await selectStepExecution(tx, id, { lock: true }),
    context: await selectStepContext(tx, id),
  }));
  if (stored === undefined || context === undefined) throw new Error(`the row of step execution ${id} is gone`);
  if (stored.version !== stepExecution.version) Object.assign(stepExecution, stored);
  executionContext.restore(context);
}

/** Writes the records that the transaction passes over. */
export async function keepSkipped(
  scope: CommitScope,
  tx: Transaction,
  records: readonly SkippedRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const { id, jobExecutionId, stepName } = scope.stepExecution;
  const first = skipCountOf(scope.stepExecution) + 1;
  const skippedAt = scope.now();
  const row = { jobExecutionId, stepExecutionId: id, stepName, skippedAt, replayedAt: undefined };
  await insertSkipped(
    tx,
    records.map((record, index) => ({ ...record, ...row, no: first + index })),
  );
}

/** Records passed over, reading, processing and writing together. */
export function skipCountOf(counts: ExecutionCounts): number {
  return counts.readSkipCount + counts.processSkipCount + counts.writeSkipCount;
}
