/**
 * The naive oracle of daily-statistics (domain rules 1 to 3): the whole log, sorted by (viewed_at, id), in one plain
 * pass with one map. Slow and obvious on purpose; it imports nothing of src/, so it cannot share a mistake with it.
 */
import { datesOfPeriod, startOfDate } from './calendar.ts';

/** One row of view_log. `viewedAt` is milliseconds UTC. */
export interface LogRow {
  readonly id: bigint;
  readonly videoId: bigint | null;
  readonly viewerId: bigint | null;
  readonly viewedAt: number | null;
  readonly playSeconds: number | null;
  readonly adViews: number | null;
}

/** Video id to creator id; null where no creator is known. */
export type Videos = ReadonlyMap<bigint, bigint | null>;

export const REASONS = [
  'undated',
  'unknown-video',
  'missing-viewer',
  'missing-play-seconds',
  'negative-play-seconds',
  'excessive-play-seconds',
  'missing-ad-views',
  'negative-ad-views',
] as const;
export type Reason = (typeof REASONS)[number];

/** The verdict of a row before it is known which date is being settled. */
export interface JudgedRow {
  readonly row: LogRow;
  readonly verdict: 'undated' | 'invalid' | 'self' | 'repeat' | 'counted';
  /** Set for `undated` and `invalid`. */
  readonly reason: Reason | undefined;
}

export interface VerdictCounts {
  undated: number;
  outside: number;
  invalid: number;
  self: number;
  repeat: number;
  counted: number;
  /** Rows of the whole log. */
  read: number;
}

export interface VideoSums {
  views: bigint;
  adViews: bigint;
  playSeconds: bigint;
}

export interface QuarantinedRow {
  readonly rowId: bigint;
  readonly reason: Reason;
}

export interface DailyStatistics {
  readonly verdicts: VerdictCounts;
  /** Videos with at least one counted row, in order of video id. */
  readonly sums: ReadonlyMap<bigint, VideoSums>;
  /** Invalid rows of the date and all undated rows, in order of row id. */
  readonly quarantine: readonly QuarantinedRow[];
}

const REPEAT_WINDOW_MS = 30_000;
const PLAY_SECONDS_MAX = 86_400;

function reasonOf(row: LogRow, videos: Videos): Reason | undefined {
  if (row.viewedAt === null) return 'undated';
  if (row.videoId === null || !videos.has(row.videoId)) return 'unknown-video';
  if (row.viewerId === null) return 'missing-viewer';
  if (row.playSeconds === null) return 'missing-play-seconds';
  if (row.playSeconds < 0) return 'negative-play-seconds';
  if (row.playSeconds > PLAY_SECONDS_MAX) return 'excessive-play-seconds';
  if (row.adViews === null) return 'missing-ad-views';
  if (row.adViews < 0) return 'negative-ad-views';
  return undefined;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every row of the log with its verdict, in order of (viewed_at, id); undated rows first. */
export function judgeLog(rows: readonly LogRow[], videos: Videos): JudgedRow[] {
  const sorted = [...rows].sort((a, b) => {
    const timeA = a.viewedAt ?? Number.NEGATIVE_INFINITY;
    const timeB = b.viewedAt ?? Number.NEGATIVE_INFINITY;
    return timeA === timeB ? compare(a.id, b.id) : timeA < timeB ? -1 : 1;
  });
  const lastCounted = new Map<string, number>();
  return sorted.map((row): JudgedRow => {
    const reason = reasonOf(row, videos);
    if (reason !== undefined) return { row, verdict: reason === 'undated' ? 'undated' : 'invalid', reason };
    const creator = videos.get(row.videoId!);
    if (creator !== null && creator === row.viewerId) return { row, verdict: 'self', reason };
    const pair = `${row.videoId}/${row.viewerId}`;
    const opened = lastCounted.get(pair);
    if (opened !== undefined && row.viewedAt! - opened < REPEAT_WINDOW_MS) return { row, verdict: 'repeat', reason };
    lastCounted.set(pair, row.viewedAt!);
    return { row, verdict: 'counted', reason };
  });
}

/** The statistics of one business date from a judged log; use it when many dates of one log are wanted. */
export function summariseDate(judged: readonly JudgedRow[], date: string, zone: string): DailyStatistics {
  const start = startOfDate(date, zone);
  const end = startOfDate(new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10), zone);
  const verdicts: VerdictCounts = { undated: 0, outside: 0, invalid: 0, self: 0, repeat: 0, counted: 0, read: 0 };
  const sums = new Map<bigint, VideoSums>();
  const quarantine: QuarantinedRow[] = [];
  for (const { row, verdict, reason } of judged) {
    verdicts.read += 1;
    if (verdict !== 'undated' && (row.viewedAt! < start || row.viewedAt! >= end)) {
      verdicts.outside += 1;
      continue;
    }
    verdicts[verdict] += 1;
    if (reason !== undefined) quarantine.push({ rowId: row.id, reason });
    if (verdict === 'counted') {
      addSums(sums, row.videoId!, {
        views: 1n,
        adViews: BigInt(row.adViews!),
        playSeconds: BigInt(row.playSeconds!),
      });
    }
  }
  quarantine.sort((a, b) => compare(a.rowId, b.rowId));
  return { verdicts, sums: byVideoId(sums), quarantine };
}

/** The statistics of one business date: a pure function of (log, videos, date, zone). */
export function dailyStatistics(rows: readonly LogRow[], videos: Videos, date: string, zone: string): DailyStatistics {
  return summariseDate(judgeLog(rows, videos), date, zone);
}

/** Sums of the day, ISO week or month that holds `date`, in order of video id. */
export function periodSums(
  judged: readonly JudgedRow[],
  date: string,
  zone: string,
  period: 'day' | 'week' | 'month',
): Map<bigint, VideoSums> {
  const total = new Map<bigint, VideoSums>();
  for (const day of datesOfPeriod(date, period)) {
    for (const [videoId, sums] of summariseDate(judged, day, zone).sums) addSums(total, videoId, sums);
  }
  return byVideoId(total);
}

/** The `limit` video ids with the largest sum, ties broken by lower video id. */
export function topVideos(
  sums: ReadonlyMap<bigint, VideoSums>,
  measure: keyof VideoSums,
  limit: number,
): { videoId: bigint; value: bigint }[] {
  return [...sums]
    .map(([videoId, values]) => ({ videoId, value: values[measure] }))
    .sort((a, b) => compare(b.value, a.value) || compare(a.videoId, b.videoId))
    .slice(0, limit);
}

/** The sums as `settle stats --format csv` prints them: header, then one line a video by id, each ended by a newline. */
export function statisticsCsv(sums: ReadonlyMap<bigint, VideoSums>): string {
  const lines = [...byVideoId(sums)].map(([id, s]) => `${id},${s.views},${s.adViews},${s.playSeconds}\n`);
  return `video_id,views,ad_views,play_seconds\n${lines.join('')}`;
}

function addSums(total: Map<bigint, VideoSums>, videoId: bigint, add: VideoSums): void {
  const sums = total.get(videoId) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
  sums.views += add.views;
  sums.adViews += add.adViews;
  sums.playSeconds += add.playSeconds;
  total.set(videoId, sums);
}

function byVideoId(sums: ReadonlyMap<bigint, VideoSums>): Map<bigint, VideoSums> {
  return new Map([...sums].sort(([a], [b]) => compare(a, b)));
}
