/** One partition through the chunk loop: in a worker thread, or in the run's own. */
import type { Database } from '../database/database.ts';
import { isAbort } from '../engine/abort.ts';
import type { ChunkSizer } from '../engine/chunk-size.ts';
import { rowsMaxOf } from '../engine/chunk-size.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import type { JobParameters } from '../engine/parameters.ts';
import type { Retrying } from '../engine/retrying.ts';
import type { PartitionWorker } from '../engine/step.ts';
import { stepError } from '../engine/step-error.ts';
import type { PartitionResult, PartitionTask, WorkerStart } from '../partition/protocol.ts';
import { toRemoteError } from '../partition/remote-error.ts';
import { updatePartition } from '../repository/partition.ts';
import { cutPartition, MAX_ID } from './cut-partition.ts';
import { runChunks } from './run-chunks.ts';

/** What the partitions that one thread runs have in common. */
export interface PartitionRunner {
  readonly database: Database;
  readonly openPartition: PartitionWorker;
  readonly parameters: JobParameters;
  readonly start: Pick<WorkerStart, 'jobExecutionId' | 'fence' | 'stepName' | 'chunkSize' | 'planDetail' | 'shared'>;
  readonly sizer: ChunkSizer;
  readonly retrying: Retrying;
  /** Aborted when a stop is asked for. */
  readonly signal: AbortSignal;
  /** Absent: nobody asks for a part of a range. */
  readonly cutting?: Cutting;
  onCommit(partition: number, rowsDone: number, seconds: number): void;
}

/** Requests to give up the far part of a running partition. */
export interface Cutting {
  /** Number of the partition that the far part becomes; undefined: none is asked for. */
  asked(partition: number): number | undefined;
  answer(partition: number, isGivenUp: boolean): void;
}

/**
 * The function that opens the partitions of a step.
 * @throws Error for a module that has none
 */
export async function loadPartitionWorker(workerModule: string): Promise<PartitionWorker> {
  const { default: openPartition } = (await import(workerModule)) as { default: PartitionWorker };
  if (typeof openPartition === 'function') return openPartition;
  throw new Error(`${workerModule} has no default export that is a PartitionWorker`);
}

/** Never rejects. */
export async function runPartition(runner: PartitionRunner, task: PartitionTask): Promise<PartitionResult> {
  const { database, openPartition, parameters, start, sizer, retrying, signal, cutting } = runner;
  const { partition, stepExecution } = task;
  const { jobExecutionId, stepName } = start;
  const fence = { ...start.fence, claim: task.claim };
  const { jobInstanceId } = fence;
  const logger = retrying.logger.child({ partition });
  const executionContext = deserialiseContext(task.contextText);
  const scope = { database, fence, stepExecution, executionContext, now: () => new Date() };
  let { maxId } = task;
  try {
    const outcome = await runChunks({
      ...scope,
      sizer,
      open: () => {
        // The truth is what was committed: a cut whose answer was lost is found here.
        const committedMaxId = executionContext.getLong(MAX_ID) ?? maxId;
        if (committedMaxId < maxId) cutting?.answer(partition, true);
        maxId = committedMaxId;
        return openPartition({
          database,
          parameters,
          jobInstanceId,
          jobExecutionId,
          stepExecutionId: stepExecution.id,
          stepName,
          partition,
          minId: task.minId,
          maxId,
          chunkSize: rowsMaxOf(start.chunkSize),
          planDetail: start.planDetail,
          shared: start.shared,
          executionContext,
          logger,
          signal,
        });
      },
      retrying: { ...retrying, logger },
      isStopRequested: retrying.isStopRequested,
      cut: async (handlers) => {
        const newPartition = cutting?.asked(partition);
        if (newPartition === undefined) return false;
        const at = await handlers.cut?.();
        if (at === undefined) {
          cutting?.answer(partition, false);
          return false;
        }
        const rowsDone = task.rowsDone + stepExecution.readCount;
        await cutPartition(scope, { ...task, stepName, maxId, rowsDone }, at, newPartition);
        return true;
      },
      onCommit: (rowsRead, seconds) => runner.onCommit(partition, task.rowsDone + rowsRead, seconds),
      complete: async (tx) => {
        const change = { status: 'COMPLETED', stepExecutionId: stepExecution.id } as const;
        await updatePartition(tx, jobInstanceId, stepName, partition, change);
      },
    });
    return outcome === 'COMPLETED' ? { outcome: 'completed' } : { outcome: 'stopped' };
  } catch (error) {
    if (isAbort(error, signal)) return { outcome: 'stopped' };
    return {
      outcome: 'failed',
      error: toRemoteError(stepError(error, stepName)),
      rollbackCount: stepExecution.rollbackCount,
    };
  }
}
