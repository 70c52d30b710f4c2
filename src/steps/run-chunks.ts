/**
 * The chunk loop, the same for a chunk step and for a partition in a worker thread: read, process, then one
 * transaction { fence; write; save state; counts and context }. What that transaction holds is done once and never
 * again; everything before it can be thrown away. Retry, skip and scan belong around `runChunk`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Transaction } from '../database/database.ts';
import { type ExecutionContext, serialiseContext } from '../engine/execution-context.ts';
import { type Fence, fencedTransaction } from '../engine/fence.ts';
import type { Chunk, ChunkHandlers } from '../engine/step.ts';
import { updateStepContext } from '../repository/execution-context.ts';
import { updateStepExecution } from '../repository/step-execution.ts';
import type { StepExecution } from '../repository/types.ts';
import { addCounts, type StepOutcome } from './job-run.ts';
import { inSpan, spanAttributes } from './tracing.ts';

export interface ChunkRun {
  readonly database: Database;
  readonly fence: Fence;
  /** Changed at each commit, never by a transaction that failed (except `rollbackCount`). */
  readonly stepExecution: StepExecution;
  readonly executionContext: ExecutionContext;
  /** Rows or items a chunk. */
  readonly chunkSize: number;
  readonly open: () => Promise<ChunkHandlers>;
  readonly isStopRequested: () => boolean;
  /** After each commit; `rowsRead` counts from the start of this step execution. */
  readonly onCommit: (rowsRead: number) => void;
  /** What else belongs into the transaction that completes the step. */
  readonly complete?: (tx: Transaction) => Promise<void>;
  readonly now: () => Date;
}

/** Runs to the end, or to the first chunk boundary after a stop was asked for. */
export async function runChunks(run: ChunkRun): Promise<StepOutcome> {
  const handlers = await run.open();
  let outcome: StepOutcome;
  try {
    outcome = await runAllChunks(run, handlers);
  } catch (error) {
    // What went wrong first is what the operator needs to know.
    await handlers.close().catch(() => {});
    throw error;
  }
  await handlers.close();
  return outcome;
}

async function runAllChunks(run: ChunkRun, handlers: ChunkHandlers): Promise<StepOutcome> {
  while (!run.isStopRequested()) {
    const chunk = await handlers.read(run.chunkSize);
    if (chunk === undefined) {
      await completeStep(run, handlers);
      return 'COMPLETED';
    }
    await inSpan('chunk', spanAttributes({ rows: chunk.size }), () => runChunk(run, handlers, chunk));
    run.onCommit(run.stepExecution.readCount);
    // SQLite answers at once, so that nothing here would ever wait: timers, signals and messages need their turn.
    await nextTurn();
  }
  return 'STOPPED';
}

async function runChunk(run: ChunkRun, handlers: ChunkHandlers, chunk: Chunk): Promise<void> {
  const { output, writeCount, filterCount, processSkipCount } = await handlers.process(chunk);
  const counts = { readCount: chunk.size, writeCount, filterCount, processSkipCount };
  await commit(run, async (tx) => {
    await handlers.write(output, tx);
    await handlers.saveState(run.executionContext, tx);
    return { ...addCounts(run.stepExecution, counts), commitCount: run.stepExecution.commitCount + 1 };
  });
}

async function completeStep(run: ChunkRun, handlers: ChunkHandlers): Promise<void> {
  await commit(run, async (tx) => {
    const counts = await handlers.finish?.(tx);
    await run.complete?.(tx);
    const completed = { status: 'COMPLETED', exitCode: 'COMPLETED', endTime: run.now() } as const;
    return { ...addCounts(run.stepExecution, counts), ...completed };
  });
}

/** One transaction of the step: `work` and the row that it returns. The step's own row is changed by the commit only. */
async function commit(run: ChunkRun, work: (tx: Transaction) => Promise<StepExecution>): Promise<void> {
  const { database, fence, stepExecution, executionContext } = run;
  try {
    const committed = await fencedTransaction(database, fence, async (tx) => {
      const next: StepExecution = { ...(await work(tx)), lastUpdated: run.now() };
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
