/** Runs a tasklet step: one call of its code. */
import type { TaskletStep } from '../engine/step.ts';
import { addCounts, type StepOutcome, type StepRun } from './job-run.ts';

/** A tasklet that returns has completed, also when a stop was asked for meanwhile; one that throws because of it stopped. */
export async function runTasklet(step: TaskletStep, run: StepRun): Promise<StepOutcome> {
  const { stepName } = run.stepExecution;
  run.progress({ type: 'step-started', step: stepName, rowsExpected: undefined, rowsDone: 0 });
  let counts: Awaited<ReturnType<TaskletStep['run']>>;
  try {
    counts = await step.run(run.context);
  } catch (error) {
    if (run.signal.aborted && isAbort(error, run.signal)) return 'STOPPED';
    throw error;
  }
  Object.assign(run.stepExecution, addCounts(run.stepExecution, counts));
  return 'COMPLETED';
}

/** What `signal.throwIfAborted()` and the functions of Node throw for an aborted signal. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error as { name?: unknown } | null)?.name === 'AbortError';
}
