/** Runs one step of a job, whatever its kind: decides whether it is due, keeps its row, and says how it ended. */

import { toSettleError } from '../database/errors.ts';
import { isAbort } from '../engine/abort.ts';
import { deserialiseContext, ExecutionContext, serialiseContext } from '../engine/execution-context.ts';
import { fencedTransaction, isOwnershipLost } from '../engine/fence.ts';
import { tellAfter } from '../engine/listeners.ts';
import { withRetry } from '../engine/retrying.ts';
import type { Step } from '../engine/step.ts';
import { stepError } from '../engine/step-error.ts';
import { ExitCode, SettleError } from '../errors.ts';
import {
  insertStepContext,
  selectStepContext,
  updateJobContext,
  updateStepContext,
} from '../repository/execution-context.ts';
import { nextStepExecutionId } from '../repository/next-id.ts';
import {
  findPreviousCounts,
  findStepHistory,
  insertStepExecution,
  selectStepExecution,
  updateStepExecution,
} from '../repository/step-execution.ts';
import { savePoints } from '../repository/step-progress.ts';
import type { BatchStatus, StepExecution } from '../repository/types.ts';
import { skipCountOf } from './chunk-commit.ts';
import { EXECUTING, newStepExecution } from './new-step-execution.ts';
import { runChunkStep } from './run-chunk-step.ts';
import { runPartitioned } from './run-partitioned.ts';
import { createStepContext, type JobRun, type StepOutcome, type StepRun } from './run-state.ts';
import { runTasklet } from './run-tasklet.ts';
import { inSpan, spanAttributes } from './tracing.ts';

/** Of a shorter step its rows over time say nothing. */
const MEASURED_MS_MIN = 1_000;

export interface StepResult {
  readonly outcome: StepOutcome;
  /** Of this run; of the earlier one where the step had completed before. */
  readonly stepExecution: StepExecution;
  /** Records that the step has passed over for the instance, those of executions that stopped, failed or died included. */
  readonly skipCount: number;
}

/** Throws what the step threw, after its row says FAILED, and a START_LIMIT error when it was started too often. */
export async function runStep(definition: Step, jobRun: JobRun): Promise<StepResult> {
  const { database, fence, retrying } = jobRun;
  const { parameters, jobContext } = jobRun;
  const scope = { parameters, jobContext, database, jobInstanceId: fence.jobInstanceId };
  const step: Step = { ...definition, ...(await withRetry(retrying, async () => await definition.bind?.(scope))) };
  const history = await withRetry(retrying, () => findStepHistory(database.knex, fence.jobInstanceId, step.name));
  if (history.last?.status === 'COMPLETED' && !step.allowStartIfComplete) {
    jobRun.logger.info({ step: step.name }, 'step had completed before');
    const skipCount = skipCountOf(history.last) + (await skipsBefore(step, history.last, jobRun));
    return { outcome: 'COMPLETED', stepExecution: history.last, skipCount };
  }
  requireStartsLeft(step, history.startCount);
  return await inSpan('step', spanAttributes({ step: step.name, kind: step.kind }), async (span) => {
    const run = await startStep(step, jobRun, history.last);
    try {
      const skippedBefore = await skipsBefore(step, run.stepExecution, run);
      await step.listeners?.beforeStep?.(run.context);
      const outcome = await runKind(step, run);
      run.noteUsage(run.jobContext);
      await noteEventLoop(run);
      await endStep(step, run, outcome, '');
      span.setAttribute('settle.status', outcome);
      return { outcome, stepExecution: run.stepExecution, skipCount: skippedBefore + skipCountOf(run.stepExecution) };
    } catch (thrown) {
      // Whatever a stop has made the step's code throw: what was not committed is done by the restart.
      if (isAbort(thrown, run.signal) && !isOwnershipLost(thrown)) {
        await endStep(step, run, 'STOPPED', '');
        span.setAttribute('settle.status', 'STOPPED');
        return { outcome: 'STOPPED', stepExecution: run.stepExecution, skipCount: 0 };
      }
      const error = stepError(thrown, step.name);
      await noteFailure(step, run, error);
      throw error;
    } finally {
      await tellAfter(run.logger, () => step.listeners?.afterStep?.(run.context, { ...run.stepExecution }));
    }
  });
}

/**
 * Records that earlier executions of the step have passed over. A partitioned step's row has the sums of the whole plan
 * over all executions; other rows have their own only.
 */
async function skipsBefore(step: Step, row: StepExecution, { database, fence, retrying }: JobRun): Promise<number> {
  if (step.kind === 'partitioned') return 0;
  return skipCountOf(await withRetry(retrying, () => findPreviousCounts(database.knex, fence.jobInstanceId, row)));
}

function runKind(step: Step, run: StepRun): Promise<StepOutcome> {
  switch (step.kind) {
    case 'tasklet':
      return runTasklet(step, run);
    case 'chunk':
      return runChunkStep(step, run);
    case 'partitioned':
      return runPartitioned(step, run);
  }
}

/** In the job's context, from where `show --json` has it. */
async function noteEventLoop({ eventLoop, jobContext, stepExecution, logger }: StepRun): Promise<void> {
  const delay = await eventLoop?.note(stepExecution.stepName);
  if (delay === undefined) return;
  logger.info({ maxMs: delay.maxMs, p99Ms: delay.p99Ms, stepMaxMs: delay.steps[stepExecution.stepName] }, 'event loop');
  jobContext.put('eventLoop', { ...delay });
}

function requireStartsLeft(step: Step, startCount: number): void {
  if (step.startLimit === undefined || startCount < step.startLimit) return;
  throw new SettleError('START_LIMIT', ExitCode.usage, `step ${step.name} has reached its start limit: ${startCount}`, {
    hint: 'find out why it keeps failing; settle abandon closes this instance',
  });
}

async function startStep(step: Step, jobRun: JobRun, last: StepExecution | undefined): Promise<StepRun> {
  const { database, execution, fence, now } = jobRun;
  const retrying = { ...jobRun.retrying, policy: { ...jobRun.retrying.policy, ...step.transientRetry } };
  const id = await withRetry(retrying, () => nextStepExecutionId(database, database.knex));
  const stepExecution = newStepExecution(id, execution.id, step.name, now());
  // A step that did not complete goes on from what it saved last; one that runs again begins anew.
  const isRestart = last !== undefined && last.status !== 'COMPLETED';
  const saved = isRestart ? await withRetry(retrying, () => selectStepContext(database.knex, last.id)) : undefined;
  const executionContext = saved === undefined ? ExecutionContext.create() : deserialiseContext(saved);
  await withRetry(retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      // An earlier attempt was committed, but the answer was lost.
      if ((await selectStepExecution(tx, id)) !== undefined) return;
      await insertStepExecution(tx, stepExecution);
      await insertStepContext(tx, id, serialiseContext(executionContext));
    }),
  );
  jobRun.measured.begin(step.name, id);
  const logger = jobRun.logger.child({ step: step.name });
  logger.info({ restart: isRestart }, 'step started');
  const run: JobRun = { ...jobRun, logger, retrying: { ...retrying, logger } };
  return { ...run, stepExecution, executionContext, context: createStepContext(run, stepExecution, executionContext) };
}

/** Writes the row, and with it the job's context, unless the chunk loop has already written COMPLETED. */
async function endStep(step: Step, run: StepRun, status: BatchStatus, exitMessage: string): Promise<void> {
  const { database, fence, stepExecution, execution } = run;
  const now = run.now();
  const points = run.measured.end(step.name, MEASURED_MS_MIN);
  const ended = await withRetry(run.retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      if (points !== undefined) await savePoints(tx, stepExecution.id, points);
      const stored = await selectStepExecution(tx, stepExecution.id, { lock: true });
      // A commit whose answer was lost, this one in an earlier attempt or the last one of a run that gave up, has
      // moved the row on.
      const isMoved = stored !== undefined && stored.version !== stepExecution.version;
      if (isMoved && (stored.status === status || stored.status === 'COMPLETED')) return stored;
      const base = isMoved ? stored : stepExecution;
      const exitCode = status === 'COMPLETED' && base.exitCode !== EXECUTING ? base.exitCode : status;
      const next: StepExecution = { ...base, status, exitCode, exitMessage };
      Object.assign(next, { endTime: stepExecution.endTime ?? now, lastUpdated: now });
      await updateStepExecution(tx, next);
      await updateJobContext(tx, execution.id, serialiseContext(run.jobContext));
      // Not after a failure: the context may hold what a transaction that was rolled back put there.
      if (status === 'COMPLETED') await updateStepContext(tx, stepExecution.id, serialiseContext(run.executionContext));
      return next;
    }),
  );
  Object.assign(stepExecution, ended);
  run.logger.info({ status }, 'step ended');
  run.progress({ type: 'step-ended', step: step.name, status });
}

async function noteFailure(step: Step, run: StepRun, error: unknown): Promise<void> {
  const known = toSettleError(error);
  run.logger.debug({ err: error }, 'step failed');
  // The run that has taken over has already said how this one ended.
  if (isOwnershipLost(known)) return;
  try {
    await endStep(step, run, 'FAILED', known.message);
  } catch (second) {
    run.logger.error({ err: second }, 'the failure of the step could not be written down');
  }
}
