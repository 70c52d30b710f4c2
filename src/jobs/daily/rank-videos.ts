/**
 * Step `rank-videos`: the top videos of the date, of its week and month, and the popular ranking of every sliding
 * window that the date lies in.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';
import type { StepContext, StepCounts } from '../../engine/step.ts';
import { addDays, periodOf } from '../../rules/business-time.ts';
import { metricOf, type RankingMetric, rankingMetrics, topVideos, type VideoStatistics } from '../../rules/ranking.ts';
import { listSettledDates, readStatistics } from './read-statistics.ts';

export type RankingKind = 'day' | 'week' | 'month' | 'popular';

/** One ranking to compute; `from` and `to` are both inside. */
interface RankingPeriod {
  readonly kind: RankingKind;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export interface RankedVideo {
  readonly place: number;
  readonly videoId: bigint;
  readonly value: bigint;
}

export async function rankVideos(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, parameters } = context;
  const date = parameters.require('date');
  const size = Number(parameters.require('ranking-size'));
  const days = Number(parameters.require('popular-days'));
  const periods: RankingPeriod[] = (['day', 'week', 'month'] as const).map((kind) => periodOf(date, kind));
  // A date that is computed again changes the windows of the days after it too.
  for (const end of await listSettledDates(database, { from: date, to: addDays(date, days - 1) })) {
    periods.push({ kind: 'popular', label: end, from: addDays(end, 1 - days), to: end });
  }
  let places = 0;
  let last: { key: string; videos: VideoStatistics[] } | undefined;
  for (const period of periods) {
    const settled = await listSettledDates(database, period);
    const key = settled.join();
    // Periods that have the same dates so far (the first nights of a week or month) need one reading.
    if (last?.key !== key) last = { key, videos: await readSettled(database, settled) };
    const { videos } = last;
    await context.transaction(async (tx) => {
      for (const metric of rankingMetrics) places += await replaceRanking(database, tx, period, metric, size, videos);
    });
  }
  return { writeCount: places };
}

/** A stored ranking, first place first; empty when there is none. */
export async function readRanking(
  executor: Executor,
  kind: RankingKind,
  label: string,
  metric: RankingMetric,
): Promise<RankedVideo[]> {
  const rows = await executor('settle_ranking').where({ kind, label, metric }).orderBy('place');
  return rows.map((row) => ({
    place: Number(row.place),
    videoId: toBigInt(row.video_id),
    value: toBigInt(row.value),
  }));
}

async function readSettled(database: Database, settled: readonly string[]): Promise<VideoStatistics[]> {
  if (settled.length === 0) return [];
  return readStatistics(database, { from: settled[0], to: settled[settled.length - 1] });
}

async function replaceRanking(
  database: Database,
  tx: Transaction,
  { kind, label }: RankingPeriod,
  metric: RankingMetric,
  size: number,
  videos: readonly VideoStatistics[],
): Promise<number> {
  const top = topVideos(videos, metric, size);
  await tx('settle_ranking').where({ kind, label, metric }).delete();
  await bulkInsert(
    tx,
    database.dialect,
    { table: 'settle_ranking', columns: ['kind', 'label', 'metric', 'place', 'video_id', 'value'] },
    top.map((video, at) => [kind, label, metric, at + 1, video.videoId, metricOf(video, metric)]),
  );
  return top.length;
}
