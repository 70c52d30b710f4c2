/** Runs a chunk step: the chunk loop in this thread. */
import { ChunkSizer } from '../engine/chunk-size.ts';
import { serialiseContext } from '../engine/execution-context.ts';
import { tellAfter } from '../engine/listeners.ts';
import { tellMeasure } from '../engine/measure.ts';
import { withRetry } from '../engine/retrying.ts';
import type { ChunkStep } from '../engine/step.ts';
import { updateJobContext } from '../repository/execution-context.ts';
import { findPreviousCounts } from '../repository/step-execution.ts';
import { runChunks } from './run-chunks.ts';
import type { StepOutcome, StepRun } from './run-state.ts';

export async function runChunkStep(step: ChunkStep, run: StepRun): Promise<StepOutcome> {
  const { database, fence, stepExecution, executionContext, progress, retrying } = run;
  const { readCount: readBefore } = await withRetry(retrying, () =>
    findPreviousCounts(database.knex, fence.jobInstanceId, stepExecution),
  );
  let isOpened = false;
  return await runChunks({
    database,
    fence,
    stepExecution,
    executionContext,
    sizer: new ChunkSizer(run.options.chunkSize ?? step.chunkSize),
    open: async () => {
      const handlers = await step.open(run.context);
      const { totalExpected: rowsExpected } = handlers;
      if (!isOpened) progress({ type: 'step-started', step: step.name, rowsExpected, rowsDone: readBefore });
      isOpened = true;
      return handlers;
    },
    retrying,
    isStopRequested: () => run.signal.aborted,
    beforeChunk: async () => await step.listeners?.beforeChunk?.(run.context),
    onCommit: async (rowsRead, seconds) => {
      tellMeasure({ type: 'chunk', job: run.job.name, step: step.name, seconds });
      progress({ type: 'advanced', step: step.name, partition: undefined, rowsDone: readBefore + rowsRead });
      await tellAfter(run.logger, () => step.listeners?.afterChunk?.(run.context, { ...stepExecution }));
    },
    complete: (tx) => updateJobContext(tx, run.execution.id, serialiseContext(run.jobContext)),
    now: run.now,
  });
}
