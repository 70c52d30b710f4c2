/**
 * What a job is: data. A name, its parameters, its steps in order. The engine knows nothing of what a job computes;
 * src/jobs hands it definitions, and a user can write one of their own (docs/writing-a-job.md).
 */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { JobCost } from './cost.ts';
import type { DescribedExecution, ExecutionDescription } from './describe-execution.ts';
import type { JobListeners } from './listeners.ts';
import type { JobParameters, ParameterDefinition } from './parameters.ts';
import type { BindScope, Step } from './step.ts';
import type { Transition } from './transition.ts';

export interface JobDefinition {
  /** Lower-case words joined by `-`; at most 100 characters (BATCH_JOB_INSTANCE.JOB_NAME). */
  readonly name: string;
  /** One line for `settle jobs`. */
  readonly description: string;
  readonly parameters: readonly ParameterDefinition[];
  /** Run in this order, where no `next` of a step says otherwise; one starts when the one before it has completed. */
  readonly steps: readonly FlowElement[];
  readonly listeners?: JobListeners;
  /** The step whose rows are the rows of a run in summaries. Default: the one that handled most. */
  readonly countedStep?: string;
  /** Built-in rates for `--dry-run`. Absent: a run is predicted by an earlier one only. */
  readonly cost?: JobCost;
  /**
   * Refuses a start whose time has not come, by a usage error. The edge asks it, which alone knows what time it is; users
   * of `runJob` ask it themselves.
   */
  requireDue?(parameters: JobParameters, now: Date): void;
  /** Refuses a start on data that is known to be unfit, unless `force` is given at the edge, which asks it. */
  requireFit?(database: Database): Promise<void>;
  /**
   * Refuses a host whose settings lack what the job's work needs, by a usage error: asked when a run of the job starts
   * there, and when a worker does. Nothing overrides it.
   */
  requireHost?(database: Database): Promise<void>;
  /** What has changed since the instance was completed; asked when it is started again. Undefined: nothing is known. */
  reviewCompleted?(database: Database, parameters: JobParameters): Promise<CompletedReview | undefined>;
  /** What `show` and the end of a run tell besides of an execution. */
  describe?(database: Database, execution: DescribedExecution): ExecutionDescription | Promise<ExecutionDescription>;
  /** Amount that these executions posted, in the smallest unit of its currency, for summaries. Absent: the job pays nothing. */
  postedAmount?(database: Database, jobExecutionIds: readonly number[]): Promise<bigint>;
  /** Steps that one run at a time works on, whatever its date: another one waits at their start. */
  readonly oneAtATime?: readonly string[];
  /**
   * Steps that need nothing of other instances: a series of runs (of dates, say) does these side by side, and each other
   * step once the run before has that one behind it. Default: none.
   */
  readonly sideBySide?: readonly string[];
  /** `rerun`: skipped records get another try when the whole instance is computed again, as its next revision. */
  readonly replay?: 'rerun';
}

/** What a completed instance is worth, in words for the operator. */
export interface CompletedReview {
  /** `recompute`: a plain start computes it again. `outdated`: the result stands, and a person decides. */
  readonly verdict: 'recompute' | 'outdated';
  /** One clause, in the past tense. */
  readonly reason: string;
  /** The command to go on with. */
  readonly next: string;
}

/**
 * Sequences of steps that run side by side. What follows starts when all of them have completed; when one fails, the
 * others run to their end, so that a restart has less to do.
 */
export interface Split {
  readonly kind: 'split';
  /** Unique among the steps and splits of its job. */
  readonly name: string;
  readonly flows: readonly (readonly Step[])[];
  /** By COMPLETED, or FAILED when one of its steps has failed. */
  readonly next?: readonly Transition[];
}

/** Decides where the job goes on, and does nothing else: it is asked again by every restart. */
export interface Decision {
  readonly kind: 'decision';
  /** Unique among the steps, splits and decisions of its job. */
  readonly name: string;
  /** Returns a status, upper-case words joined by `_`, for `next`. */
  decide(scope: DecisionScope): Promise<string> | string;
  readonly next: readonly Transition[];
}

export interface DecisionScope extends BindScope {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Of the element before it. */
  readonly exitStatus: string;
}

export type FlowElement = Step | Split | Decision;

/** Every step of the job, in the order of the definition. */
export function allSteps(job: JobDefinition): readonly Step[] {
  return job.steps.flatMap((element) => {
    if (element.kind === 'decision') return [];
    return element.kind === 'split' ? element.flows.flat() : [element];
  });
}
