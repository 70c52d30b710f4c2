/** Statements on settle_statistics_run: which run made the statistics of a date, and what it read. */
import type { Executor } from '../../../database/database.ts';
import { parseInstant } from '../../../database/instant.ts';
import { toBigInt, toNumber } from '../../../database/values.ts';

/** The run whose statistics of a date are published. */
export interface StatisticsRun {
  readonly date: string;
  /** As the run was given it. */
  readonly zone: string;
  /** Verdict -> rows, and `read`. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Rows of the log whose time is in the date. */
  readonly rowsOfDate: number;
  readonly jobExecutionId: number;
  readonly computedAt: Date;
  /** The largest id of the log that its plan knew; undefined for an empty log, and for runs of an older version. */
  readonly logEndId: bigint | undefined;
}

/** The verdicts on rows whose time is in the date. */
const verdictsOfDate = ['invalid', 'self', 'repeat', 'counted'];

export async function readStatisticsRun(executor: Executor, date: string): Promise<StatisticsRun | undefined> {
  const [run] = await listStatisticsRuns(executor, { from: date, to: date });
  return run;
}

/** The first date that is settled; undefined when there is none. */
export async function readFirstDate(executor: Executor): Promise<string | undefined> {
  const row = await executor('settle_statistics_run').min({ date: 'business_date' }).first();
  return row?.date == null ? undefined : String(row.date);
}

/** The zone of the newest date that is settled; undefined when there is none. */
export async function readNewestZone(executor: Executor): Promise<string | undefined> {
  const row = await executor('settle_statistics_run').orderBy('business_date', 'desc').first('zone');
  return row === undefined ? undefined : String(row.zone);
}

/** The runs of the dates from the first to the last, both inside, by date. */
export async function listStatisticsRuns(
  executor: Executor,
  period: { readonly from: string; readonly to: string },
): Promise<StatisticsRun[]> {
  const rows = await executor('settle_statistics_run')
    .whereBetween('business_date', [period.from, period.to])
    .orderBy('business_date')
    // A schema that is a release behind has no log_end_id.
    .select('*');
  return rows.map((row) => {
    const verdicts = JSON.parse(String(row.verdicts)) as Record<string, number>;
    return {
      date: String(row.business_date),
      zone: String(row.zone),
      verdicts,
      rowsOfDate: verdictsOfDate.reduce((sum, verdict) => sum + (verdicts[verdict] ?? 0), 0),
      jobExecutionId: toNumber(row.job_execution_id),
      computedAt: new Date(parseInstant(String(row.computed_at))),
      logEndId: row.log_end_id === null || row.log_end_id === undefined ? undefined : toBigInt(row.log_end_id),
    };
  });
}
