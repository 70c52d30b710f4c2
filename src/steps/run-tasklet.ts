/** Runs a tasklet step: one call of its code, another one after a transient failure. */
import { serialiseContext } from '../engine/execution-context.ts';
import { withRetry } from '../engine/retrying.ts';
import type { TaskletStep } from '../engine/step.ts';
import { selectStepContext } from '../repository/execution-context.ts';
import { addCounts, type StepOutcome, type StepRun } from './run-state.ts';

/** A tasklet that returns has completed, also when a stop was asked for meanwhile; one that throws because of it stopped. */
export async function runTasklet(step: TaskletStep, run: StepRun): Promise<StepOutcome> {
  const { stepName } = run.stepExecution;
  run.progress({ type: 'step-started', step: stepName, rowsExpected: undefined, rowsDone: 0 });
  const jobContextText = serialiseContext(run.jobContext);
  let isFirst = true;
  const counts = await withRetry(run.retrying, async () => {
    if (!isFirst) await goBack(run, jobContextText);
    isFirst = false;
    return await step.run(run.context);
  });
  const exitCode = counts?.exitStatus ?? 'COMPLETED';
  Object.assign(run.stepExecution, addCounts(run.stepExecution, counts), { exitCode });
  return 'COMPLETED';
}

/** The contexts as a new start of the step would find them: with what its transactions have committed. */
async function goBack(run: StepRun, jobContextText: string): Promise<void> {
  const text = await selectStepContext(run.database.knex, run.stepExecution.id);
  if (text !== undefined) run.executionContext.restore(text);
  run.jobContext.restore(jobContextText);
}
