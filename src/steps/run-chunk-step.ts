/** Runs a chunk step: the chunk loop in this thread. */
import { serialiseContext } from '../engine/execution-context.ts';
import type { ChunkStep } from '../engine/step.ts';
import { updateJobContext } from '../repository/execution-context.ts';
import { findPreviousReadCount } from '../repository/step-execution.ts';
import type { StepOutcome, StepRun } from './job-run.ts';
import { runChunks } from './run-chunks.ts';

export async function runChunkStep(step: ChunkStep, run: StepRun): Promise<StepOutcome> {
  const { database, fence, stepExecution, executionContext, progress } = run;
  const readBefore = await findPreviousReadCount(database.knex, fence.jobInstanceId, stepExecution);
  return await runChunks({
    database,
    fence,
    stepExecution,
    executionContext,
    chunkSize: run.options.chunkSize ?? step.chunkSize,
    open: async () => {
      const handlers = await step.open(run.context);
      const { totalExpected: rowsExpected } = handlers;
      progress({ type: 'step-started', step: step.name, rowsExpected, rowsDone: readBefore });
      return handlers;
    },
    isStopRequested: () => run.signal.aborted,
    onCommit: (rowsRead) => {
      progress({ type: 'advanced', step: step.name, partition: undefined, rowsDone: readBefore + rowsRead });
    },
    complete: (tx) => updateJobContext(tx, run.execution.id, serialiseContext(run.jobContext)),
    now: run.now,
  });
}
