/** The hand-over: what ran in a span of time, by job, beside the four weeks before it. */
import { type ExecutionFilter, listJobExecutions } from '../repository/job-execution.ts';
import type { CommandContext } from './command-context.ts';
import { type RunRow, readRunRows } from './run-rows.ts';

/** Days of a summary that names no start. */
const DAYS_DEFAULT = 7;
const DAY_MS = 86_400_000;
const BEFORE_MS = 28 * DAY_MS;

export interface JobSummary {
  readonly job: string;
  readonly runs: number;
  readonly completed: number;
  /** Of `completed`, those that set records aside. */
  readonly withSkips: number;
  readonly failed: number;
  readonly stopped: number;
  readonly running: number;
  /** Of the completed runs, in milliseconds. */
  readonly durationMedianMs: number | undefined;
  readonly durationMaxMs: number | undefined;
  /** Of the completed runs of the four weeks before. */
  readonly durationMedianBeforeMs: number | undefined;
  readonly rows: number;
  readonly skipped: number;
  /** Amount that the runs posted; undefined for a job that pays nothing. */
  readonly posted: bigint | undefined;
}

export interface RunSummary {
  readonly since: Date;
  readonly until: Date;
  readonly jobs: readonly JobSummary[];
  /** Runs that failed and whose instance no later run completed: what is still to be done. */
  readonly open: readonly { readonly id: number; readonly job: string; readonly date: string | undefined }[];
}

export async function readRunSummary(
  context: Pick<CommandContext, 'database' | 'registry'>,
  filter: ExecutionFilter,
  now: Date,
): Promise<RunSummary> {
  const { database, registry } = context;
  const until = filter.until ?? now;
  const since = filter.since ?? new Date(until.getTime() - DAYS_DEFAULT * DAY_MS);
  const executions = await listJobExecutions(database, { ...filter, since, until });
  const rows = await readRunRows(context, executions, now);
  const before = await listJobExecutions(database, {
    ...filter,
    status: 'COMPLETED',
    since: new Date(since.getTime() - BEFORE_MS),
    until: since,
  });
  const summaries: JobSummary[] = [];
  for (const [job, own] of Map.groupBy(rows, (row) => row.job)) {
    const durationsBefore = before
      .filter(({ jobName, startTime, endTime }) => jobName === job && startTime !== undefined && endTime !== undefined)
      .map(({ startTime, endTime }) => endTime!.getTime() - startTime!.getTime());
    const definition = await registry.jobNamed(job);
    const ids = own.map(({ id }) => id);
    const posted = await definition?.postedAmount?.(database, ids);
    summaries.push(summarise(job, own, durationsBefore, posted));
  }
  const completed = new Set(
    executions.filter(({ status }) => status === 'COMPLETED').map(({ jobInstanceId }) => jobInstanceId),
  );
  const newest = new Map<number, number>();
  for (const { jobInstanceId, id } of executions)
    newest.set(jobInstanceId, Math.max(id, newest.get(jobInstanceId) ?? 0));
  const open = executions
    .filter(({ status, jobInstanceId, id }) => {
      const ended = status === 'FAILED' || status === 'STOPPED';
      return ended && newest.get(jobInstanceId) === id && !completed.has(jobInstanceId);
    })
    .map(({ id, jobName }) => ({ id, job: jobName, date: rows.find((row) => row.id === id)?.date }));
  return { since, until, jobs: summaries.sort((a, b) => (a.job < b.job ? -1 : 1)), open };
}

function summarise(
  job: string,
  rows: readonly RunRow[],
  durationsBefore: readonly number[],
  posted: bigint | undefined,
): JobSummary {
  const completed = rows.filter(({ status }) => status === 'COMPLETED');
  const durations = completed.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]));
  const ofStatus = (status: string) => rows.filter((row) => row.status === status).length;
  return {
    job,
    runs: rows.length,
    completed: completed.length,
    withSkips: completed.filter(({ skipped }) => (skipped ?? 0) > 0).length,
    failed: ofStatus('FAILED'),
    stopped: ofStatus('STOPPED'),
    running: rows.filter(({ owner }) => owner !== undefined).length,
    durationMedianMs: median(durations),
    durationMaxMs: durations.length === 0 ? undefined : durations.reduce((max, one) => Math.max(max, one)),
    durationMedianBeforeMs: median(durationsBefore),
    rows: completed.reduce((sum, row) => sum + (row.rows ?? 0), 0),
    skipped: completed.reduce((sum, row) => sum + (row.skipped ?? 0), 0),
    posted,
  };
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
