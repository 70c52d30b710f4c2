/** Reads published statistics: exact sums by video over a run of dates. */
import type { Executor } from '../../../database/database.ts';
import { type Row, toBigInt } from '../../../database/values.ts';
import { addDays } from '../../../rules/business-time.ts';
import type { RankingMetric, VideoStatistics } from '../rules/ranking.ts';

/** A year and a day. */
const NAMED_DATES_MAX = 367;
const NAMED_PERIODS_MAX = 64;

/** Of the periods asked for of late: to name the dates of a month takes longer than to read a video's rows of them. */
const namedPeriods = new Map<string, readonly string[]>();

/** A part of the videos, by id. */
export interface VideoPageRequest {
  /** Ids above this one. */
  readonly after?: bigint;
  readonly limit: number;
}

/** Sums by video from the first date to the last, both inside, ordered by video id; all of them without a page. */
export async function readStatistics(
  { knex }: { readonly knex: Executor },
  period: { readonly from: string; readonly to: string },
  page?: VideoPageRequest,
): Promise<VideoStatistics[]> {
  const query = sumsByVideo(knex, period).orderBy('video_id');
  if (page?.after !== undefined) query.where('video_id', '>', page.after.toString());
  if (page !== undefined) query.limit(page.limit);
  return (await query).map(statisticsOf);
}

/** The first videos of a period by a metric, the highest first, then by id. */
export async function readTopVideos(
  { knex }: { readonly knex: Executor },
  period: { readonly from: string; readonly to: string },
  metric: RankingMetric,
  limit: number,
): Promise<VideoStatistics[]> {
  const query = sumsByVideo(knex, period)
    .orderBy([{ column: metric, order: 'desc' }, 'video_id'])
    .limit(limit);
  return (await query).map(statisticsOf);
}

/** One video's statistics of each date that has any, from the first to the last, both inside, by date. */
export async function readVideoDays(
  { knex }: { readonly knex: Executor },
  videoId: bigint,
  period: { readonly from: string; readonly to: string },
): Promise<(VideoStatistics & { readonly date: string })[]> {
  const query = knex('video_daily_stats').where({ video_id: videoId.toString() });
  const dates = datesOf(period);
  // The key begins with the date: a range of dates would read every video of them, dates by name read one row each.
  if (dates === undefined) query.whereBetween('business_date', [period.from, period.to]);
  else query.whereIn('business_date', dates);
  const rows: Row[] = await query
    .orderBy('business_date')
    .select('business_date', 'video_id', 'views', 'ad_views', 'play_seconds');
  return rows.map((row) => ({ date: String(row.business_date), ...statisticsOf(row) }));
}

/** Undefined for more than can be named. */
function datesOf({ from, to }: { readonly from: string; readonly to: string }): readonly string[] | undefined {
  if (to < from) return [];
  const period = `${from}/${to}`;
  const named = namedPeriods.get(period);
  if (named !== undefined) return named;
  if (to > addDays(from, NAMED_DATES_MAX - 1)) return undefined;
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  namedPeriods.set(period, dates);
  if (namedPeriods.size > NAMED_PERIODS_MAX) namedPeriods.delete(namedPeriods.keys().next().value as string);
  return dates;
}

function sumsByVideo(knex: Executor, period: { readonly from: string; readonly to: string }) {
  const query = knex('video_daily_stats');
  if (period.from === period.to) {
    return query.where({ business_date: period.from }).select<Row[]>('video_id', 'views', 'ad_views', 'play_seconds');
  }
  return query
    .whereBetween('business_date', [period.from, period.to])
    .groupBy('video_id')
    .select<Row[]>('video_id')
    .sum({ views: 'views', ad_views: 'ad_views', play_seconds: 'play_seconds' });
}

function statisticsOf(row: Row): VideoStatistics {
  return {
    videoId: toBigInt(row.video_id),
    views: toBigInt(row.views),
    adViews: toBigInt(row.ad_views),
    playSeconds: toBigInt(row.play_seconds),
  };
}

/** The dates that have been settled within a run of dates, ascending. */
export async function listSettledDates(
  executor: Executor,
  period: { readonly from: string; readonly to: string },
): Promise<string[]> {
  const rows = await executor('settle_statistics_run')
    .whereBetween('business_date', [period.from, period.to])
    .orderBy('business_date')
    .select('business_date');
  return rows.map((row) => String(row.business_date));
}

/** Undefined before any date has been settled. */
export async function readNewestSettledDate(executor: Executor): Promise<string | undefined> {
  const row: Row | undefined = await executor('settle_statistics_run').max({ date: 'business_date' }).first();
  return row === undefined || row.date === null ? undefined : String(row.date);
}
