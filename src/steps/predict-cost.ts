/** Predicts what a planned run will take: counts its units, and finds the earlier runs that it goes by. */
import type { Database } from '../database/database.ts';
import { type PastRun, type Prediction, predictCost, ROWS } from '../engine/cost.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import { USAGE, type Usage } from '../engine/run-usage.ts';
import { getJobContext } from '../repository/execution-context.ts';
import { listJobExecutions } from '../repository/job-execution.ts';
import { listPartitions } from '../repository/partition.ts';
import { findStepHistory, listStepExecutions } from '../repository/step-execution.ts';
import type { JobExecution } from '../repository/types.ts';
import type { StepPlan } from './plan-job.ts';

/** Executions of the job that are looked at, newest first, and runs that a prediction is fitted to. */
const EXECUTIONS_MAX = 40;
const RUNS_MAX = 16;

/**
 * @param past what to go by; default: the earlier runs in the database
 * @returns undefined when nothing is known of the job's cost
 */
export async function predictRun(
  database: Database,
  job: JobDefinition,
  plans: readonly StepPlan[],
  workers: number,
  past?: readonly PastRun[],
): Promise<Prediction | undefined> {
  const planned = plannedUnits(job, plans);
  const units = { ...(await job.cost?.count?.(database)), ...planned };
  return predictCost(
    plans.map(({ name }) => name),
    job.cost,
    past ?? (await findPastRuns(database, job)),
    units,
    workers,
  );
}

/** Units of work that the plans know of: `rows`, and others by their names. */
export function plannedUnits(job: JobDefinition, plans: readonly StepPlan[]): Record<string, number> {
  const units: Record<string, number> = Object.assign({}, ...plans.map(({ units }) => units));
  for (const plan of plans) {
    const unit = unitOf(job, plan.name);
    // Of a plan that is not made yet an earlier step's plan says what it knows.
    if (unit !== ROWS && plan.partitions.length > 0) units[unit] = rowsLeft(plan);
  }
  const rows = plans.filter(({ name }) => unitOf(job, name) === ROWS);
  return { ...units, [ROWS]: rows.reduce((sum, plan) => sum + rowsLeft(plan), 0) };
}

/** What the rows of a partitioned step are called in the cost model: a unit that the step counts, or `rows`. */
export function unitOf({ cost }: JobDefinition, step: string): string {
  const [unit] = Object.entries(cost?.countedBy ?? {}).find(([, countedBy]) => countedBy === step) ?? [ROWS];
  return unit;
}

/** Rows of the plan that no execution has read yet. */
export function rowsLeft({ partitions }: StepPlan): number {
  return partitions.reduce((sum, part) => sum + Math.max(0, part.rowsExpected - (part.counts?.readCount ?? 0)), 0);
}

/** Completed runs that did all of their work themselves, newest first; with `before`, those older than that execution. */
export async function findPastRuns(database: Database, job: JobDefinition, before?: number): Promise<PastRun[]> {
  const found: PastRun[] = [];
  for (const execution of await listJobExecutions(database, { job: job.name, before, limit: EXECUTIONS_MAX })) {
    if (execution.status !== 'COMPLETED' || found.length === RUNS_MAX) continue;
    const past = await pastRun(database, job, execution);
    if (past !== undefined) found.push(past);
  }
  return found;
}

/** What a run took, beside what would have been predicted for it right before. */
export interface ComparedPrediction {
  readonly predicted: Prediction;
  readonly took: PastRun;
}

/** Undefined for a run that did not do all of its work itself, whose plan is gone, or of which nothing was known. */
export async function comparePrediction(
  database: Database,
  job: JobDefinition,
  execution: JobExecution,
): Promise<ComparedPrediction | undefined> {
  const took = execution.status === 'COMPLETED' ? await pastRun(database, job, execution) : undefined;
  if (took === undefined) return undefined;
  const stored = await listPartitions(database, execution.jobInstanceId);
  if (allSteps(job).some(({ kind }) => kind === 'partitioned') && stored.length === 0) return undefined;
  const plans = allSteps(job).map(({ name, kind }): StepPlan => {
    const planned = stored.filter(({ stepName }) => stepName === name);
    // As they were before it began: nothing was read.
    const partitions = planned.map(({ minId, maxId, rowsExpected }) => ({ minId, maxId, rowsExpected }));
    return { name, kind, chunkSize: undefined, frozen: true, partitions };
  });
  const past = await findPastRuns(database, job, execution.id);
  const predicted = await predictRun(database, job, plans, took.workers, past);
  return predicted && { predicted, took };
}

async function pastRun(
  database: Database,
  job: JobDefinition,
  { id, jobInstanceId, startTime, endTime }: JobExecution,
): Promise<PastRun | undefined> {
  const context = deserialiseContext((await getJobContext(database, id)) ?? '{}');
  const usage = context.get(USAGE) as Usage | undefined;
  if (usage === undefined || startTime === undefined || endTime === undefined) return undefined;
  const { workers, cpuMs, peakMb } = usage;
  const executions = await listStepExecutions(database, id);
  const steps: Record<string, { ms: number; units: number }> = {};
  let rows = 0;
  for (const { name, kind } of allSteps(job)) {
    const own = executions.find(({ stepName }) => stepName === name);
    if (own === undefined && (await findStepHistory(database.knex, jobInstanceId, name)).last === undefined) {
      // The job has got this step since.
      continue;
    }
    // It had completed in an earlier execution: this one did not do all of the work.
    if (own?.startTime === undefined || own.endTime === undefined) return undefined;
    if (kind === 'partitioned' && (await hadPartitions(database, jobInstanceId, name))) {
      const parts = executions.filter(({ stepName }) => stepName.startsWith(`${name}:`));
      if (parts.reduce((sum, { readCount }) => sum + readCount, 0) !== own.readCount) return undefined;
      if (unitOf(job, name) === ROWS) rows += own.readCount;
    }
    steps[name] = { ms: own.endTime.getTime() - own.startTime.getTime(), units: own.readCount };
  }
  return { execution: id, workers, rows, cpuMs, peakMb, ms: endTime.getTime() - startTime.getTime(), steps };
}

/** False for a step that had nothing to do, and for one that had no partitions in the version that ran it. */
async function hadPartitions({ knex }: Database, jobInstanceId: number, step: string): Promise<boolean> {
  return (await findStepHistory(knex, jobInstanceId, `${step}:0`)).last !== undefined;
}
