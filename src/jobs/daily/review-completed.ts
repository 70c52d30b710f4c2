/** What a completed `daily` is worth when it is started again: settled before its end, or rows have arrived since. */
import type { Database } from '../../database/database.ts';
import type { CompletedReview } from '../../engine/job.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { getJobExecution } from '../../repository/job-execution.ts';
import { endOfDate, endText } from '../due-date.ts';
import { countArrivedRows } from '../views/statistics/arrived-rows.ts';
import { readStatisticsRun, type StatisticsRun } from '../views/statistics/statistics-run.ts';

export async function reviewCompletedDate(
  database: Database,
  parameters: JobParameters,
): Promise<CompletedReview | undefined> {
  const run = await readStatisticsRun(database.knex, parameters.require('date'));
  // Of another zone: the start is refused by the plan, with its own advice.
  if (run === undefined || run.zone !== parameters.require('zone')) return undefined;
  const next = `settle run daily --date ${run.date} --zone ${run.zone} --rerun`;
  if (await isSettledEarly(database, run)) {
    const reason = `${run.date} was settled before its end by execution ${run.jobExecutionId}`;
    return { verdict: 'recompute', reason, next };
  }
  const arrived = await countArrivedRows(database, run);
  if (arrived === 0) return undefined;
  const rows = arrived === 1 ? '1 row' : `${arrived.toLocaleString('en-US')} rows`;
  const reason = `${rows} of this date arrived since execution ${run.jobExecutionId}`;
  return { verdict: 'outdated', reason, next };
}

/** Whether the run started before the date was over, by the parameter `early`. */
export async function isSettledEarly(database: Database, run: StatisticsRun): Promise<boolean> {
  // Purge takes old executions; when the statistics were published is known all the same.
  const startedAt = (await getJobExecution(database, run.jobExecutionId))?.startTime ?? run.computedAt;
  return startedAt.getTime() < endOfDate(run.date, run.zone);
}

/** @throws SettleError SETTLED_EARLY (exit 2) when the date's statistics were made before its end; one that has none passes. */
export async function requireSettledAfterEnd(database: Database, date: string): Promise<void> {
  const run = await readStatisticsRun(database.knex, date);
  if (run === undefined || !(await isSettledEarly(database, run))) return;
  const endMs = endOfDate(date, run.zone);
  throw new SettleError(
    'SETTLED_EARLY',
    ExitCode.usage,
    `${date} was settled by execution ${run.jobExecutionId} before its end at ${endText(endMs)}, so it is not closed`,
    { hint: `run \`settle --date ${date} --zone ${run.zone}\` after that hour, then close it` },
  );
}
