/**
 * Rows of the sums of counts over months and years. They are a shortcut, never a second truth: a sum is used only while
 * the statistics of all its dates are of the publications that it was made of. One statement, one function.
 */
import { hash } from 'node:crypto';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { type Row, toNumber } from '../../database/values.ts';
import { addDays, periodOf } from '../../rules/business-time.ts';
import { monthOf, yearOf } from './rules/count-periods.ts';

/** A month or year that is summed. */
export interface SummedPeriod {
  readonly period: string;
  /** Of the publications that it was made of: see `readPublications`. */
  readonly publicationsDigest: string;
  /** Of a month: of the rows that it was made of, and their number. See `readContent`. */
  readonly contentDigest: string;
  readonly rowsSummed: number;
  readonly videos: number;
  /** The run that last compared it with the statistics themselves. */
  readonly checkedJobExecutionId: number;
}

/** The months that have statistics before a date, its own among them, ascending: one look into the index a month. */
export async function readMonthsBefore(executor: Executor, date: string): Promise<string[]> {
  const months: string[] = [];
  for (let from = '0001-01-01'; ; ) {
    const query = executor('video_daily_stats').where('business_date', '>=', from).where('business_date', '<', date);
    const first = (await query.min({ date: 'business_date' }))[0]?.date;
    if (first === null || first === undefined) return months;
    const month = monthOf(String(first));
    months.push(month);
    from = addDays(periodOf(String(first), 'month').to, 1);
  }
}

/** The dates that have statistics after one date and up to another, ascending. */
export async function readDatesAfter(executor: Executor, date: string, last: string): Promise<string[]> {
  const dates: string[] = [];
  for (let after = date; ; after = dates[dates.length - 1]) {
    const query = executor('video_daily_stats').where('business_date', '>', after).where('business_date', '<=', last);
    const next = (await query.min({ date: 'business_date' }))[0]?.date;
    if (next === null || next === undefined) return dates;
    dates.push(String(next));
  }
}

/** Digests of which runs have published the dates of each month and year; a date without a run is in none. */
export async function readPublications(executor: Executor): Promise<Map<string, string>> {
  const rows = await executor('settle_statistics_run')
    .orderBy('business_date')
    .select('business_date', 'job_execution_id');
  const texts = new Map<string, string[]>();
  for (const row of rows) {
    const day = String(row.business_date);
    for (const period of [monthOf(day), yearOf(day)]) {
      const text = texts.get(period);
      if (text === undefined) texts.set(period, [`${day} ${row.job_execution_id}`]);
      else text.push(`${day} ${row.job_execution_id}`);
    }
  }
  return new Map([...texts].map(([period, lines]) => [period, digestOf(lines)]));
}

/** The digest of a period without any publication by a run. */
export const unpublished = digestOf([]);

export async function readSummedPeriods(executor: Executor): Promise<Map<string, SummedPeriod>> {
  const rows = await executor('settle_video_count_period').orderBy('period').select('*');
  return new Map(
    rows.map((row) => [
      String(row.period),
      {
        period: String(row.period),
        publicationsDigest: String(row.publications_digest),
        contentDigest: String(row.content_digest),
        rowsSummed: toNumber(row.rows_summed),
        videos: toNumber(row.videos),
        checkedJobExecutionId: toNumber(row.checked_job_execution_id),
      },
    ]),
  );
}

export async function writeSummedPeriods(
  database: Database,
  tx: Transaction,
  periods: readonly SummedPeriod[],
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_video_count_period',
      columns: ['period', 'publications_digest', 'content_digest', 'rows_summed', 'videos', 'checked_job_execution_id'],
      mode: 'replace-values',
      keys: ['period'],
    },
    periods.map((one) => [
      one.period,
      one.publicationsDigest,
      one.contentDigest,
      one.rowsSummed,
      one.videos,
      one.checkedJobExecutionId,
    ]),
  );
}

/** The period is as if it had never been summed, but for its rows. */
export async function forgetSummedPeriod(tx: Transaction, period: string): Promise<void> {
  await tx('settle_video_count_period').where({ period }).delete();
}

/**
 * A digest of a month's statistics that costs the database no more than reading them: sums of the counts, and of products
 * that also notice counts which have changed places. Nothing to hold against somebody who wants to deceive.
 */
export async function readContent(tx: Transaction, month: string): Promise<{ contentDigest: string; rows: number }> {
  const { from, to } = periodOf(`${month}-01`, 'month');
  const mixed = (column: string) => tx.raw(`SUM(${column} % 1000003 * (video_id % 16381 + 16381)) AS mixed_${column}`);
  const [row]: Row[] = await tx('video_daily_stats')
    .whereBetween('business_date', [from, to])
    .select(mixed('views'), mixed('ad_views'))
    .sum({ views: 'views', ad_views: 'ad_views' })
    .count({ rows: '*' });
  const parts = [row.rows, row.views, row.ad_views, row.mixed_views, row.mixed_ad_views].map(String);
  return { contentDigest: digestOf(parts), rows: toNumber(row.rows) };
}

/**
 * Sums a month from the statistics of its dates, in place of what is there.
 * @returns the number of its videos
 */
export async function replaceMonth(tx: Transaction, month: string): Promise<number> {
  const { from, to } = periodOf(`${month}-01`, 'month');
  const daily =
    'SELECT ?, video_id, SUM(views), SUM(ad_views) FROM video_daily_stats ' +
    'WHERE business_date BETWEEN ? AND ? GROUP BY video_id ORDER BY video_id';
  return await replacePeriod(tx, month, daily, [from, to]);
}

/** As `replaceMonth`: a year, from the sums of its months. */
export async function replaceYear(tx: Transaction, year: string, months: readonly string[]): Promise<number> {
  const monthly =
    `SELECT ?, video_id, SUM(views), SUM(ads) FROM settle_video_count WHERE period IN (${months.map(() => '?')}) ` +
    'GROUP BY video_id ORDER BY video_id';
  return await replacePeriod(tx, year, monthly, months);
}

async function replacePeriod(
  tx: Transaction,
  period: string,
  select: string,
  bindings: readonly string[],
): Promise<number> {
  await tx('settle_video_count').where({ period }).delete();
  await tx.raw(`INSERT INTO settle_video_count (period, video_id, views, ads) ${select}`, [period, ...bindings]);
  const [{ videos }] = await tx('settle_video_count').where({ period }).count({ videos: '*' });
  return toNumber(videos);
}

function digestOf(lines: readonly string[]): string {
  return hash('sha256', lines.join('\n'));
}
