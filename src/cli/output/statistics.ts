/** Statistics of a period as a table, CSV or JSON, in pieces that never hold a whole month as one text. Pure. */
import type { VideoStatistics } from '../../rules/ranking.ts';
import { formatCount } from './format.ts';
import { formatJson } from './json.ts';
import { formatTable } from './table.ts';

interface Period {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

const LINES_A_PIECE = 10_000;

/** `rankedBy` names the metric of a ranking; undefined for all videos by id. `videos` is their number in the period. */
export function* statisticsText(
  format: 'table' | 'csv' | 'json',
  period: Period,
  shown: readonly VideoStatistics[],
  videos: number,
  rankedBy: string | undefined,
): Generator<string> {
  if (format === 'csv') yield* csv(shown);
  else if (format === 'json') yield json(period, shown, videos, rankedBy);
  else yield table(period, shown, videos, rankedBy);
}

function* csv(rows: readonly VideoStatistics[]): Generator<string> {
  yield 'video_id,views,ad_views,play_seconds\n';
  for (let start = 0; start < rows.length; start += LINES_A_PIECE) {
    yield rows
      .slice(start, start + LINES_A_PIECE)
      .map((row) => `${row.videoId},${row.views},${row.adViews},${row.playSeconds}\n`)
      .join('');
  }
}

function json(period: Period, rows: readonly VideoStatistics[], videos: number, rankedBy: string | undefined): string {
  return formatJson({
    period: period.label,
    from: period.from,
    to: period.to,
    videos,
    rankedBy: rankedBy ?? null,
    rows: rows.map((row) => ({
      video_id: row.videoId,
      views: row.views,
      ad_views: row.adViews,
      play_seconds: row.playSeconds,
    })),
  });
}

function table(period: Period, rows: readonly VideoStatistics[], videos: number, rankedBy: string | undefined): string {
  const range = period.from === period.to ? period.from : `${period.label} (${period.from} to ${period.to})`;
  const what =
    rankedBy === undefined
      ? `${formatCount(videos)} videos`
      : `top ${rows.length} of ${formatCount(videos)} videos by ${rankedBy}`;
  const right = ['video_id', 'views', 'ad_views', 'play_seconds'].map((header) => ({
    header,
    align: 'right' as const,
  }));
  const cells = rows.map((row) => [
    String(row.videoId),
    formatCount(row.views),
    formatCount(row.adViews),
    formatCount(row.playSeconds),
  ]);
  return `${range}: ${what}\n${formatTable(right, cells)}`;
}
