/** Predicts what a planned run will take: counts its units, and finds the earlier run whose rates it goes by. */
import type { Database } from '../database/database.ts';
import { type PastRun, type Prediction, predictCost, ROWS } from '../engine/cost.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import { USAGE, type Usage } from '../engine/run-usage.ts';
import { getJobContext } from '../repository/execution-context.ts';
import { listJobExecutions } from '../repository/job-execution.ts';
import { listStepExecutions } from '../repository/step-execution.ts';
import type { StepExecution } from '../repository/types.ts';
import type { StepPlan } from './plan-job.ts';

/** Executions of the job that are looked at, newest first. */
const RUNS_MAX = 20;
/** A run of fewer than this share of the rows tells more about starting than about rows. */
const ROWS_SHARE_MIN = 0.1;

/** Undefined when nothing is known of the job's cost. */
export async function predictRun(
  database: Database,
  job: JobDefinition,
  plans: readonly StepPlan[],
  workers: number,
): Promise<Prediction | undefined> {
  const rows = plans.reduce((sum, plan) => sum + rowsLeft(plan), 0);
  const planned = Object.assign({}, ...plans.map(({ units }) => units)) as Record<string, number>;
  const units = { ...(await job.cost?.count?.(database)), ...planned, [ROWS]: rows };
  const past = await findPastRun(database, job, workers, rows);
  return predictCost(
    plans.map(({ name }) => name),
    job.cost,
    past,
    units,
    workers,
  );
}

/** Rows of the plan that no execution has read yet. */
export function rowsLeft({ partitions }: StepPlan): number {
  return partitions.reduce((sum, part) => sum + Math.max(0, part.rowsExpected - (part.counts?.readCount ?? 0)), 0);
}

/** The newest completed run with as many workers that did all of its work itself; a larger one where that is too small. */
async function findPastRun(
  database: Database,
  job: JobDefinition,
  workers: number,
  rows: number,
): Promise<PastRun | undefined> {
  let largest: PastRun | undefined;
  for (const { id, status } of await listJobExecutions(database, { job: job.name, limit: RUNS_MAX })) {
    if (status !== 'COMPLETED') continue;
    const usage = deserialiseContext((await getJobContext(database, id)) ?? '{}').get(USAGE) as Usage | undefined;
    if (usage?.workers !== workers) continue;
    const past = pastRun(job, id, usage, await listStepExecutions(database, id));
    if (past === undefined) continue;
    if (past.rows >= rows * ROWS_SHARE_MIN) return past;
    if (largest === undefined || past.rows > largest.rows) largest = past;
  }
  return largest;
}

function pastRun(
  job: JobDefinition,
  execution: number,
  { cpuMs, peakMb }: Usage,
  executions: readonly StepExecution[],
): PastRun | undefined {
  const steps: Record<string, { ms: number; units: number }> = {};
  let rows = 0;
  for (const { name, kind } of allSteps(job)) {
    const own = executions.find(({ stepName }) => stepName === name);
    // It had completed in an earlier execution: this one did not do all of the work.
    if (own?.startTime === undefined || own.endTime === undefined) return undefined;
    if (kind === 'partitioned') {
      const parts = executions.filter(({ stepName }) => stepName.startsWith(`${name}:`));
      if (parts.reduce((sum, { readCount }) => sum + readCount, 0) !== own.readCount) return undefined;
      rows += own.readCount;
    }
    steps[name] = { ms: own.endTime.getTime() - own.startTime.getTime(), units: own.readCount };
  }
  return { execution, rows, cpuMs, peakMb, steps };
}
