/** One execution as `show`, `run` and `runs` tell of it; its JSON form is what scripts rely on. */
import type { ExecutionDescription, VerdictCounts } from '../engine/describe-execution.ts';
import { type ContextValue, deserialiseContext } from '../engine/execution-context.ts';
import type { JobDefinition } from '../engine/job.ts';
import { getJobContext, getStepContext } from '../repository/execution-context.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { listPartitions } from '../repository/partition.ts';
import { listStepExecutions } from '../repository/step-execution.ts';
import {
  type BatchStatus,
  isRunning,
  type JobExecution,
  type PartitionProgress,
  type StepExecution,
} from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';
import { copyCommand } from './copy-command.ts';
import { type LiveView, liveCommands, readLiveView } from './live-view.ts';

/** Counts are rows or items of this execution alone; times are UTC. */
export interface CountsView {
  readonly status: BatchStatus;
  readonly exitCode: string;
  readonly exitMessage: string;
  readonly readCount: number;
  readonly writeCount: number;
  readonly filterCount: number;
  readonly readSkipCount: number;
  readonly processSkipCount: number;
  readonly writeSkipCount: number;
  readonly commitCount: number;
  readonly rollbackCount: number;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  readonly durationMs: number | undefined;
}

export interface PartitionView extends CountsView {
  readonly partition: number;
  /** Undefined when the plan has been dropped since. */
  readonly minId: bigint | undefined;
  readonly maxId: bigint | undefined;
  /** An estimate. */
  readonly rowsExpected: number | undefined;
  /** Rows read by all executions of the instance so far. */
  readonly rowsDone: number;
  /** The worker that took it last; absent where none ever did. `attempts` counts since the step was put up. */
  readonly worker?: { readonly host: string; readonly epoch: number; readonly attempts: number };
}

/** Key -> value, as the execution saved it last. */
export type ContextView = Readonly<Record<string, ContextValue>>;

/** A step without its context, which takes a query of its own. */
interface CountedStep extends CountsView {
  readonly name: string;
  /** Partitions that this execution worked on. */
  readonly partitions: readonly PartitionView[];
  /** Of the frozen plan, in all; 0 for a step without partitions. */
  readonly partitionsPlanned: number;
}

export interface StepView extends CountedStep {
  readonly context: ContextView;
}

export interface ExecutionView {
  readonly id: number;
  readonly job: string;
  readonly instanceId: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly status: BatchStatus;
  readonly exitCode: string;
  readonly exitMessage: string;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  /** Up to now while it runs. */
  readonly durationMs: number | undefined;
  /** Of the step that the job counts by. */
  readonly rows: number;
  /** Verdict -> count, and `read`; empty for jobs without verdicts. */
  readonly verdicts: VerdictCounts;
  /** Those of the run that this one replaced; empty when it replaced none. */
  readonly verdictsBefore: VerdictCounts;
  readonly context: ContextView;
  readonly steps: readonly StepView[];
  /** Of a run that is going on. */
  readonly live: LiveView | undefined;
  /** Commands that make sense now. */
  readonly next: readonly string[];
}

/** What is told of an execution: by the engine, and by its job. */
export interface ToldExecution {
  /** With the description's fields among its own: what `--json` prints. */
  readonly view: ExecutionView;
  readonly description: ExecutionDescription;
}

/** Reads all there is to tell about an execution. `now` is for the duration of one that still runs. */
export async function readExecutionView(
  { database, registry }: Pick<CommandContext, 'database' | 'registry'>,
  execution: JobExecution,
  now: Date,
): Promise<ToldExecution> {
  const { id, jobName, jobInstanceId, status, exitCode, exitMessage, startTime, endTime } = execution;
  const job = await registry.jobNamed(jobName);
  const stored = await listJobParameters(database, id);
  const parameters = Object.fromEntries(stored.map(({ name, value }) => [name, value]));
  const rows = await listStepExecutions(database, id);
  const plan = await listPartitions(database, jobInstanceId);
  const steps: StepView[] = [];
  for (const step of stepViews(rows, plan, now)) {
    const row = rows.find(({ stepName }) => stepName === step.name);
    const context = row === undefined ? {} : contextIn(await getStepContext(database, row.id));
    steps.push({ ...step, context });
  }
  const context = contextIn(await getJobContext(database, id));
  const live = isRunning(status) ? await readLiveView(database, execution, job, steps, now) : undefined;
  const described = { id, status, exitMessage, parameters, context, steps };
  const description = (await job?.describe?.(database, described)) ?? {};
  const retry = jobName === 'copy-table' ? [copyCommand(parameters)] : description.retry;
  const view: ExecutionView = {
    id,
    job: jobName,
    instanceId: jobInstanceId,
    parameters,
    status,
    exitCode,
    exitMessage,
    startTime,
    endTime,
    durationMs: durationOf(execution, now),
    rows: rowsThatCount(job, steps),
    verdicts: description.verdicts ?? {},
    verdictsBefore: description.verdictsBefore ?? {},
    ...description.fields,
    context,
    steps,
    live,
    next: nextCommands(execution, steps, live, { ...description, retry }),
  };
  return { view, description };
}

/** Rows that an execution of the job counts for, from the rows of its step executions. */
export function rowsOf(job: JobDefinition | undefined, steps: readonly StepExecution[]): number {
  return rowsThatCount(job, stepViews(steps, [], new Date(0)));
}

/** Milliseconds from start to end, or to now while it runs; undefined before its start. */
export function durationOf(
  run: Pick<JobExecution, 'startTime' | 'endTime' | 'status' | 'lastUpdated'>,
  now: Date,
): number | undefined {
  if (run.startTime === undefined) return undefined;
  const end = run.endTime ?? (isRunning(run.status) ? now : run.lastUpdated);
  return end === undefined ? undefined : Math.max(0, end.getTime() - run.startTime.getTime());
}

/** Of the step that the job names; of the one that handled most when it names none, or is not among our jobs. */
function rowsThatCount(job: JobDefinition | undefined, steps: readonly CountedStep[]): number {
  const counted = job?.countedStep;
  return Math.max(0, ...steps.filter(({ name }) => counted === undefined || name === counted).map(rowsOfStep));
}

/** A running manager's row is written at its end only: until then its partitions know more. */
function rowsOfStep(step: CountedStep): number {
  const parts = (count: (part: PartitionView) => number) => step.partitions.reduce((sum, part) => sum + count(part), 0);
  return Math.max(
    step.readCount,
    step.writeCount,
    parts((part) => part.readCount),
  );
}

function stepViews(rows: readonly StepExecution[], plan: readonly PartitionProgress[], now: Date): CountedStep[] {
  return rows
    .filter((row) => partitionOf(row) === undefined)
    .map((row) => {
      const planned = plan.filter((one) => one.stepName === row.stepName);
      const partitions = rows.flatMap((part) => {
        const partition = partitionOf(part);
        if (partition === undefined || part.stepName !== `${row.stepName}:${partition}`) return [];
        const range = planned.find((one) => one.partition === partition);
        const { minId, maxId, rowsExpected } = range ?? {};
        return [
          {
            partition,
            ...countsView(part, now),
            minId,
            maxId,
            rowsExpected,
            rowsDone: range?.counts.readCount ?? part.readCount,
            ...workerOf(range),
          },
        ];
      });
      return { name: row.stepName, ...countsView(row, now), partitions, partitionsPlanned: planned.length };
    });
}

function workerOf(range: PartitionProgress | undefined): Pick<PartitionView, 'worker'> {
  if (range?.claim.host === undefined) return {};
  const { host, epoch, attempts } = range.claim;
  return { worker: { host, epoch, attempts } };
}

/** The number behind the colon of `<step>:<partition>`; undefined for a step of its own. */
function partitionOf(row: StepExecution): number | undefined {
  const match = /:(\d+)$/.exec(row.stepName);
  return match === null ? undefined : Number(match[1]);
}

function countsView(row: StepExecution, now: Date): CountsView {
  const { id: _id, jobExecutionId: _job, stepName: _name, version: _version, ...rest } = row;
  const { createTime: _created, lastUpdated: _updated, ...shown } = rest;
  return { ...shown, durationMs: durationOf(row, now) };
}

function contextIn(text: string | undefined): ContextView {
  return text === undefined ? {} : Object.fromEntries(deserialiseContext(text).entries());
}

/** One command for what did not end well: a second one that does the same would only ask for a choice. */
function nextCommands(
  execution: JobExecution,
  steps: readonly StepView[],
  live: LiveView | undefined,
  { retry, results = [] }: ExecutionDescription,
): string[] {
  const { id, status } = execution;
  if (live !== undefined) return liveCommands(id, live);
  if (status === 'FAILED' || status === 'STOPPED') return retry === undefined ? [`settle restart ${id}`] : [...retry];
  const skips = steps.reduce((sum, one) => sum + one.readSkipCount + one.processSkipCount + one.writeSkipCount, 0);
  return skips > 0 ? [`settle skipped ${id}`, ...results] : [...results];
}
