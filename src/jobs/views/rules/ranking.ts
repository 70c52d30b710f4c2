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
  const better = (a: VideoStatistics, b: VideoStatistics) =>
    (compare(metricOf(b, metric), metricOf(a, metric)) || compare(a.videoId, b.videoId)) < 0;
  const top: VideoStatistics[] = [];
  for (const video of videos) {
    // One pass: nearly every video fails this one comparison with the last place.
    if (top.length === size && !better(video, top[size - 1])) continue;
    let place = Math.min(top.length, size - 1);
    while (place > 0 && better(video, top[place - 1])) {
      top[place] = top[place - 1];
      place--;
    }
    top[place] = video;
  }
  return top;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
