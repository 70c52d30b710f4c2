/** What a run would do, without running it: the ranges of its partitioned steps, frozen ones or planned afresh. */
import { availableParallelism } from 'node:os';
import { pino } from 'pino';
import type { Database } from '../database/database.ts';
import { type ChunkSize, requireChunkSize } from '../engine/chunk-size.ts';
import { ExecutionContext } from '../engine/execution-context.ts';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import { jobKey } from '../engine/job-key.ts';
import type { JobParameters } from '../engine/parameters.ts';
import { resolveParameters } from '../engine/revision.ts';
import type { PartitionedStep, PartitionPlan, PlannedPartition, Step } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { requireValidJob } from '../engine/validate-job.ts';
import { lastExecutionOfInstance } from '../repository/job-execution.ts';
import { findJobInstance } from '../repository/job-instance.ts';
import { listPartitions } from '../repository/partition.ts';
import type { PartitionProgress } from '../repository/types.ts';
import type { RunJobOptions } from './run-job.ts';

/** No execution belongs to a plan that is only looked at. */
const NO_EXECUTION = 0;

export interface StepPlan {
  readonly name: string;
  readonly kind: Step['kind'];
  /** Rows a chunk; undefined for a tasklet. */
  readonly chunkSize: ChunkSize | undefined;
  /** An earlier execution froze these ranges: a run would use them as they are. */
  readonly frozen: boolean;
  /** With the status and counts of a frozen one. Empty for a step without partitions. */
  readonly partitions: readonly (PlannedPartition & Partial<Pick<PartitionProgress, 'status' | 'counts'>>)[];
  /** `PartitionPlan.units` of a plan made now. */
  readonly units?: Readonly<Record<string, number>>;
}

/** Stores no execution and no plan; planning may remember where in the log which dates are, as any run does. */
export async function planJob(
  database: Database,
  job: JobDefinition,
  raw: Readonly<Record<string, string>>,
  options: Pick<RunJobOptions, 'workers' | 'partitions' | 'chunkSize' | 'rerun' | 'signal' | 'logger'> = {},
): Promise<StepPlan[]> {
  requireValidJob(job);
  requireChunkSize('chunkSize', options.chunkSize);
  const parameters = await resolveParameters(database, job, raw, options.rerun ?? false);
  const instance = await findJobInstance(database.knex, job.name, jobKey(parameters));
  const plans: StepPlan[] = [];
  for (const step of allSteps(job)) {
    const { name, kind } = step;
    const chunkSize = step.kind === 'tasklet' ? undefined : (options.chunkSize ?? step.chunkSize);
    if (step.kind !== 'partitioned') {
      plans.push({ name, kind, chunkSize, frozen: false, partitions: [] });
      continue;
    }
    const stored = instance === undefined ? [] : await listPartitions(database, instance.id, name);
    const frozen = stored.length > 0;
    const { partitions, units } = frozen
      ? { partitions: stored, units: undefined }
      : await planAfresh(database, step, parameters, options);
    plans.push({ name, kind, chunkSize, frozen, partitions, units });
  }
  return plans;
}

/** The execution by which a run would be `already-complete`, or undefined. */
export async function completedExecution(
  database: Database,
  job: JobDefinition,
  raw: Readonly<Record<string, string>>,
  options: Pick<RunJobOptions, 'rerun'> = {},
): Promise<number | undefined> {
  const parameters = await resolveParameters(database, job, raw, options.rerun ?? false);
  const instance = await findJobInstance(database.knex, job.name, jobKey(parameters));
  const last = instance && (await lastExecutionOfInstance(database.knex, instance.id));
  return last?.status === 'COMPLETED' ? last.id : undefined;
}

async function planAfresh(
  database: Database,
  step: PartitionedStep,
  parameters: JobParameters,
  options: Pick<RunJobOptions, 'workers' | 'partitions' | 'chunkSize' | 'signal' | 'logger'>,
): Promise<PartitionPlan> {
  const context: StepContext = {
    database,
    parameters,
    jobInstanceId: NO_EXECUTION,
    jobExecutionId: NO_EXECUTION,
    stepExecutionId: NO_EXECUTION,
    stepName: step.name,
    executionContext: ExecutionContext.create(),
    jobContext: ExecutionContext.create(),
    logger: options.logger ?? pino({ level: 'silent' }),
    signal: options.signal ?? new AbortController().signal,
    options: {
      workers: options.workers ?? availableParallelism(),
      partitions: options.partitions,
      chunkSize: options.chunkSize,
    },
    progress: () => {},
    transaction: (work) => database.transaction(work),
  };
  return await step.plan(context, options.partitions);
}
