/**
 * Rankings of videos (domain.md section 3): the top N by a metric, ties broken by the lower video id.
 */

/** One video's exact sums over a period. */
export interface VideoStatistics {
  readonly videoId: bigint;
  readonly views: bigint;
  readonly adViews: bigint;
  readonly playSeconds: bigint;
}

export const rankingMetrics = ['views', 'play_seconds'] as const;
export type RankingMetric = (typeof rankingMetrics)[number];

/** How many places a ranking has unless it is asked for more. */
export const defaultRankingSize = 5;
/** Days in the sliding window of the popular ranking, the date itself included. */
export const defaultPopularDays = 3;

/** The value that a metric ranks by. */
export function metricOf(video: VideoStatistics, metric: RankingMetric): bigint {
  return metric === 'views' ? video.views : video.playSeconds;
}

/** The first `size` videos by the metric, highest first; ties: lower video id first. */
export function topVideos(
  videos: readonly VideoStatistics[],
  metric: RankingMetric,
  size: number = defaultRankingSize,
): VideoStatistics[] {
  return [...videos]
    .sort((a, b) => compare(metricOf(b, metric), metricOf(a, metric)) || compare(a.videoId, b.videoId))
    .slice(0, size);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
