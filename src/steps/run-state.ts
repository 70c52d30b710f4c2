/** What the code of all kinds of step shares within one run of a job. */
import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import type { EventLoopMeasure } from '../engine/event-loop.ts';
import { type ExecutionContext, serialiseContext } from '../engine/execution-context.ts';
import { type Fence, fencedTransaction } from '../engine/fence.ts';
import type { JobDefinition } from '../engine/job.ts';
import type { MeasuredProgress } from '../engine/measured-progress.ts';
import type { JobParameters } from '../engine/parameters.ts';
import type { ProgressSink } from '../engine/progress.ts';
import type { Retrying } from '../engine/retrying.ts';
import type { StepCounts, StepReport } from '../engine/step.ts';
import type { RunOptions, StepContext } from '../engine/step-context.ts';
import { updateStepContext } from '../repository/execution-context.ts';
import type { ExecutionCounts, JobExecution, StepExecution } from '../repository/types.ts';

/** How a step ended when it did not throw. */
export type StepOutcome = 'COMPLETED' | 'STOPPED';

/** Whether a step may start now; waits until that is known, or the signal aborts. */
export type StepGate = (step: string, signal: AbortSignal) => Promise<'go' | 'stop'>;

export interface JobRun {
  readonly job: JobDefinition;
  readonly database: Database;
  readonly execution: JobExecution;
  readonly fence: Fence;
  readonly parameters: JobParameters;
  readonly jobContext: ExecutionContext;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly options: RunOptions;
  readonly progress: ProgressSink;
  /** Rows over time of the steps that run. */
  readonly measured: MeasuredProgress;
  /** With the policy of the step, in a step. */
  readonly retrying: Retrying;
  readonly now: () => Date;
  /** Writes into the job's context what the run has used so far. */
  readonly noteUsage: (jobContext: ExecutionContext) => void;
  readonly beforeStep: StepGate;
  /** Where SETTLE_MEASURE=1 asks for it. */
  readonly eventLoop: EventLoopMeasure | undefined;
}

/** A step of the run, with the row and the context that it works on. */
export interface StepRun extends JobRun {
  readonly stepExecution: StepExecution;
  readonly executionContext: ExecutionContext;
  /** What the step's own code is given. */
  readonly context: StepContext;
}

export function createStepContext(
  run: JobRun,
  stepExecution: StepExecution,
  executionContext: ExecutionContext,
): StepContext {
  const { database, execution, fence, parameters, jobContext, logger, signal, options, progress } = run;
  return {
    database,
    parameters,
    jobInstanceId: fence.jobInstanceId,
    jobExecutionId: execution.id,
    stepExecutionId: stepExecution.id,
    stepName: stepExecution.stepName,
    executionContext,
    jobContext,
    logger,
    signal,
    options,
    progress,
    transaction: async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
      return await fencedTransaction(database, fence, async (tx) => {
        const before = serialiseContext(executionContext);
        const result = await work(tx);
        // A step that notes its progress in its context has it saved together with the work itself.
        const after = serialiseContext(executionContext);
        if (after !== before) await updateStepContext(tx, stepExecution.id, after);
        return result;
      });
    },
  };
}

/** `counts` and what `more` has of them. */
export function addCounts<T extends ExecutionCounts>(counts: T, more: StepReport | undefined): T {
  const sum = { ...counts };
  const { exitStatus: _said, ...counted } = more ?? {};
  for (const [name, count] of Object.entries(counted)) sum[name as keyof StepCounts] += count;
  return sum;
}
