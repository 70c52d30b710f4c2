/**
 * The chunk loop, the same for a chunk step and for a partition in a worker thread: read and process (or accumulate and
 * drain), then one transaction { fence; write; save state; counts and context }. What that transaction holds is done once and never
 * again; everything before it can be thrown away. After a failure that can be got over (chunk-faults.ts), the handlers
 * are opened anew where the last commit was: retry, scan and restart go the same way.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from '../database/database.ts';
import type { ChunkSizer } from '../engine/chunk-size.ts';
import type { Retrying } from '../engine/retrying.ts';
import { requireWithinLimit, type SkippedRecord } from '../engine/skip-policy.ts';
import type { Chunk, StepHandlers } from '../engine/step.ts';
import { findPreviousCounts } from '../repository/step-execution.ts';
import type { StepExecution } from '../repository/types.ts';
import { type CommitScope, commitChunk, keepSkipped, reloadCommitted, skipCountOf } from './chunk-commit.ts';
import { ChunkFaults } from './chunk-faults.ts';
import { addCounts, type StepOutcome } from './run-state.ts';
import { inSpan, spanAttributes } from './tracing.ts';

export interface ChunkRun extends CommitScope {
  /** Says how many rows or items the next chunk may have. */
  readonly sizer: ChunkSizer;
  /** Called again after each failure that is got over. */
  readonly open: () => Promise<StepHandlers>;
  readonly retrying: Retrying;
  readonly isStopRequested: () => boolean;
  /** Before each chunk is read; what it throws fails the step. */
  readonly beforeChunk?: () => Promise<void>;
  /** After each commit; `rowsRead` counts from the start of this step execution, `seconds` from that of the chunk's reading. */
  readonly onCommit: (rowsRead: number, seconds: number) => Promise<void> | void;
  /** Between two chunks: gives up a part of the range when asked to; true: the handlers are to be opened anew. */
  readonly cut?: (handlers: StepHandlers) => Promise<boolean>;
  /** What else belongs into the transaction that completes the step. */
  readonly complete?: (tx: Transaction) => Promise<void>;
}

/** Runs to the end, or to the first chunk boundary after a stop was asked for. */
export async function runChunks(run: ChunkRun): Promise<StepOutcome> {
  const faults = new ChunkFaults(run.retrying);
  for (let mustReload = false; ; mustReload = true) {
    try {
      if (mustReload) await reloadCommitted(run);
      if (run.stepExecution.status === 'COMPLETED') return 'COMPLETED';
      if (run.isStopRequested()) return 'STOPPED';
      const outcome = await openAndRun(run, faults);
      if (outcome !== 'CUT') return outcome;
    } catch (error) {
      await faults.afterFailure(error);
    }
  }
}

async function openAndRun(run: ChunkRun, faults: ChunkFaults): Promise<StepOutcome | 'CUT'> {
  const handlers = await run.open();
  let outcome: StepOutcome | 'CUT';
  try {
    outcome = await runAllChunks(run, handlers, faults);
  } catch (error) {
    // What went wrong first is what the operator needs to know.
    await handlers.close().catch(() => {});
    throw error;
  }
  await handlers.close();
  return outcome;
}

async function runAllChunks(run: ChunkRun, handlers: StepHandlers, faults: ChunkFaults): Promise<StepOutcome | 'CUT'> {
  const skippedBefore = handlers.faults?.skip === undefined ? 0 : await countSkippedBefore(run);
  let checkpointMs = performance.now();
  while (!run.isStopRequested()) {
    if (await run.cut?.(handlers)) return 'CUT';
    await run.beforeChunk?.();
    const limit = faults.limit(run.sizer.rows);
    const beganMs = performance.now();
    const chunk = await ('accumulate' in handlers ? handlers.accumulate(limit) : handlers.read(limit));
    if (chunk === undefined || chunk.size === 0) {
      await completeStep(run, handlers, chunk?.skipped ?? [], skippedBefore);
      return 'COMPLETED';
    }
    const bytes = await inSpan('chunk', spanAttributes({ rows: chunk.size }), () =>
      runChunk(run, handlers, chunk, faults, skippedBefore),
    );
    faults.committed(chunk);
    const nowMs = performance.now();
    // Items that are scanned one at a time say nothing of chunks.
    if (limit === run.sizer.rows) run.sizer.committed(chunk.size, nowMs - checkpointMs, bytes);
    checkpointMs = nowMs;
    await run.onCommit(run.stepExecution.readCount, (nowMs - beganMs) / 1000);
    // SQLite answers at once, so that nothing here would ever wait: timers, signals and messages need their turn.
    await nextTurn();
  }
  return 'STOPPED';
}

async function countSkippedBefore({ database, fence, stepExecution }: ChunkRun): Promise<number> {
  return skipCountOf(await findPreviousCounts(database.knex, fence.jobInstanceId, stepExecution));
}

/** Returns what it took in memory, where anybody knows. */
async function runChunk(
  run: ChunkRun,
  handlers: StepHandlers,
  chunk: Chunk,
  faults: ChunkFaults,
  skippedBefore: number,
): Promise<number | undefined> {
  const { output, skipped = [], ...done } = await ('drain' in handlers ? handlers.drain() : handlers.process(chunk));
  const passedOver = done.writeCount === 0 ? undefined : faults.passOver(chunk, handlers.faults);
  const records = [...(chunk.skipped ?? []), ...skipped, ...(passedOver === undefined ? [] : [passedOver])];
  const counts = {
    readCount: chunk.size,
    readSkipCount: chunk.skipped?.length ?? 0,
    filterCount: done.filterCount,
    processSkipCount: done.processSkipCount,
    writeCount: passedOver === undefined ? done.writeCount : 0,
    writeSkipCount: passedOver === undefined ? 0 : 1,
  };
  await commitChunk(run, async (tx) => {
    const next = { ...addCounts(run.stepExecution, counts), commitCount: run.stepExecution.commitCount + 1 };
    requireSkipsLeft(handlers, next, skippedBefore, records);
    if (passedOver === undefined) await faults.write(handlers, chunk, () => handlers.write(output, tx));
    await handlers.saveState(run.executionContext, tx);
    await keepSkipped(run, tx, records);
    return next;
  });
  for (const record of records) handlers.faults?.onSkip?.(record);
  const bytes = (chunk.bytes ?? 0) + (done.bytes ?? 0);
  return bytes === 0 ? undefined : bytes;
}

/** `records` were skipped after the last item. */
async function completeStep(
  run: ChunkRun,
  handlers: StepHandlers,
  records: readonly SkippedRecord[],
  skippedBefore: number,
): Promise<void> {
  await commitChunk(run, async (tx) => {
    const report = await handlers.finish?.(tx);
    const finished = addCounts(run.stepExecution, report);
    const next = { ...finished, readSkipCount: finished.readSkipCount + records.length };
    requireSkipsLeft(handlers, next, skippedBefore, records);
    await keepSkipped(run, tx, records);
    await run.complete?.(tx);
    return { ...next, status: 'COMPLETED', exitCode: report?.exitStatus ?? 'COMPLETED', endTime: run.now() };
  });
  for (const record of records) handlers.faults?.onSkip?.(record);
}

function requireSkipsLeft(
  handlers: StepHandlers,
  next: StepExecution,
  skippedBefore: number,
  records: readonly SkippedRecord[],
): void {
  const policy = handlers.faults?.skip;
  if (policy !== undefined) requireWithinLimit(policy, skippedBefore + skipCountOf(next), records.at(-1)?.error);
}
