/** Reads published statistics: exact sums by video over a run of dates. */
import type { Database, Executor } from '../../../database/database.ts';
import { type Row, toBigInt } from '../../../database/values.ts';
import type { VideoStatistics } from '../rules/ranking.ts';

/** Sums by video from the first date to the last, both inside, ordered by video id. */
export async function readStatistics(
  { knex }: Database,
  period: { readonly from: string; readonly to: string },
): Promise<VideoStatistics[]> {
  const single = period.from === period.to;
  const query = knex('video_daily_stats').orderBy('video_id');
  if (single) query.where({ business_date: period.from }).select('video_id', 'views', 'ad_views', 'play_seconds');
  else {
    query
      .whereBetween('business_date', [period.from, period.to])
      .groupBy('video_id')
      .select('video_id')
      .sum({ views: 'views', ad_views: 'ad_views', play_seconds: 'play_seconds' });
  }
  const rows: Row[] = await query;
  return rows.map((row) => ({
    videoId: toBigInt(row.video_id),
    views: toBigInt(row.views),
    adViews: toBigInt(row.ad_views),
    playSeconds: toBigInt(row.play_seconds),
  }));
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
