/** Statistics of a period, of all videos or the first of a ranking. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import type { Period } from '../../../rules/business-time.ts';
import type { VideoTable } from '../../period/video-table.ts';
import type { VideoStatistics } from '../rules/ranking.ts';

/** `rankedBy` names the metric of a ranking; undefined for all videos by id. `videos` is their number in the period. */
export function statisticsTable(
  period: Period,
  shown: readonly VideoStatistics[],
  videos: number,
  rankedBy: string | undefined,
): VideoTable<VideoStatistics> {
  const all = `${formatCount(videos)} videos`;
  return {
    period,
    columns: {
      views: (row) => row.views,
      ad_views: (row) => row.adViews,
      play_seconds: (row) => row.playSeconds,
    },
    rows: shown,
    headline: rankedBy === undefined ? all : `top ${shown.length} of ${all} by ${rankedBy}`,
    summary: { videos, rankedBy: rankedBy ?? null },
  };
}
