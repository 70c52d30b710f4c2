/**
 * The cut of a running partition, in one transaction under the fence: its end moves, the rest is a partition of its own,
 * and its context knows the new end. Killed before it, a restart finds one range; killed after it, two.
 */
import type { RangeCut } from '../engine/step.ts';
import { insertPartitions, shrinkPartition } from '../repository/partition.ts';
import { type CommitScope, commitChunk } from './chunk-commit.ts';

/** Where a partition's end is kept; a Spring Batch partition keeps it there too. */
export const MAX_ID = 'maxId';

export interface RunningPartition {
  readonly stepName: string;
  readonly partition: number;
  readonly maxId: bigint;
  readonly rowsExpected: number;
  /** Rows read by all executions of it. */
  readonly rowsDone: number;
}

/** Cuts off the far part as partition `newPartition`. The step execution's counts stay what they are. */
export async function cutPartition(
  scope: CommitScope,
  { stepName, partition, maxId, rowsExpected, rowsDone }: RunningPartition,
  { minId, share }: RangeCut,
  newPartition: number,
): Promise<void> {
  const { jobInstanceId } = scope.fence;
  const rowsCut = Math.round(Math.max(0, rowsExpected - rowsDone) * share);
  scope.executionContext.put(MAX_ID, minId - 1n);
  await commitChunk(scope, async (tx) => {
    const end = { maxId: minId - 1n, rowsExpected: rowsExpected - rowsCut };
    await shrinkPartition(tx, jobInstanceId, stepName, partition, end);
    const rest = { partition: newPartition, minId, maxId, rowsExpected: rowsCut };
    await insertPartitions(tx, jobInstanceId, stepName, [rest]);
    return scope.stepExecution;
  });
}
