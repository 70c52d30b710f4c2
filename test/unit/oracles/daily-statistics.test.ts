/** The oracle against cases worked out by hand from the domain rules: it is what everything else is measured by. */
import { describe, expect, test } from 'vitest';
import { datesOfPeriod, startOfDate } from '../../oracles/calendar.ts';
import {
  dailyStatistics,
  judgeLog,
  type LogRow,
  periodSums,
  statisticsCsv,
  topVideos,
} from '../../oracles/daily-statistics.ts';
import { buildLog, LOG_KINDS } from '../../oracles/logs.ts';

const ZONE = 'Asia/Seoul';
const DATE = '2024-01-01';
const MIDNIGHT = Date.parse('2023-12-31T15:00:00.000Z');
const VIDEOS = new Map<bigint, bigint | null>([
  [1n, 100n],
  [2n, null],
]);

function row(id: number, viewedAt: number | null, over: Partial<LogRow> = {}): LogRow {
  return { id: BigInt(id), videoId: 1n, viewerId: 7n, viewedAt, playSeconds: 10, adViews: 1, ...over };
}
function verdicts(rows: LogRow[]): string[] {
  return judgeLog(rows, VIDEOS)
    .sort((a, b) => Number(a.row.id - b.row.id))
    .map((judged) => judged.reason ?? judged.verdict);
}

describe('the repeat rule', () => {
  test('29.999 s after a counted view is a repeat, 30.000 s is counted', () => {
    expect(verdicts([row(1, MIDNIGHT), row(2, MIDNIGHT + 29_999), row(3, MIDNIGHT + 30_000)])).toEqual([
      'counted',
      'repeat',
      'counted',
    ]);
  });

  test('a view every 29.999 s alternates: the window opens at counted views only', () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(index + 1, MIDNIGHT + index * 29_999));
    expect(verdicts(rows)).toEqual(['counted', 'repeat', 'counted', 'repeat', 'counted', 'repeat']);
  });

  test('rows are taken in order of (viewed_at, id), whatever order they arrived in', () => {
    expect(verdicts([row(1, MIDNIGHT + 20_000), row(2, MIDNIGHT), row(3, MIDNIGHT + 35_000)])).toEqual([
      'repeat',
      'counted',
      'counted',
    ]);
    expect(verdicts([row(2, MIDNIGHT), row(1, MIDNIGHT)])).toEqual(['counted', 'repeat']);
  });

  test('a window stays open over midnight', () => {
    const rows = [row(1, MIDNIGHT - 1), row(2, MIDNIGHT + 10), row(3, MIDNIGHT + 29_999)];
    const { verdicts: counts, sums } = dailyStatistics(rows, VIDEOS, DATE, ZONE);
    expect(counts).toEqual({ undated: 0, outside: 1, invalid: 0, self: 0, repeat: 1, counted: 1, read: 3 });
    expect(sums).toEqual(new Map([[1n, { views: 1n, adViews: 1n, playSeconds: 10n }]]));
  });

  test('other viewers and other videos have windows of their own', () => {
    const rows = [row(1, MIDNIGHT), row(2, MIDNIGHT, { viewerId: 8n }), row(3, MIDNIGHT, { videoId: 2n })];
    expect(verdicts(rows)).toEqual(['counted', 'counted', 'counted']);
  });

  test('self and invalid rows open no window, on any date', () => {
    const rows = [
      row(1, MIDNIGHT - 5_000, { playSeconds: -1 }),
      row(2, MIDNIGHT, { adViews: -1 }),
      row(3, MIDNIGHT + 1),
      row(4, MIDNIGHT, { viewerId: 100n }),
      row(5, MIDNIGHT + 1, { viewerId: 100n }),
    ];
    expect(verdicts(rows)).toEqual(['negative-play-seconds', 'negative-ad-views', 'counted', 'self', 'self']);
  });
});

test('every reason, and the first that applies', () => {
  const rows = [
    row(1, null, { videoId: 99n }),
    row(2, MIDNIGHT, { videoId: 99n, playSeconds: -1 }),
    row(3, MIDNIGHT, { videoId: null }),
    row(4, MIDNIGHT, { viewerId: null, playSeconds: -1 }),
    row(5, MIDNIGHT, { playSeconds: null, adViews: null }),
    row(6, MIDNIGHT, { playSeconds: -1, adViews: -1 }),
    row(7, MIDNIGHT, { playSeconds: 86_401 }),
    row(8, MIDNIGHT, { adViews: null }),
    row(9, MIDNIGHT, { adViews: -1 }),
    row(10, MIDNIGHT, { playSeconds: 86_400 }),
  ];
  expect(verdicts(rows)).toEqual([
    'undated',
    'unknown-video',
    'unknown-video',
    'missing-viewer',
    'missing-play-seconds',
    'negative-play-seconds',
    'excessive-play-seconds',
    'missing-ad-views',
    'negative-ad-views',
    'counted',
  ]);
  const { quarantine } = dailyStatistics([...rows].reverse(), VIDEOS, DATE, ZONE);
  expect(quarantine.map(({ rowId }) => rowId)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
});

test('a date is the half-open interval of its zone, 23 and 25 hours where the clock changes', () => {
  expect(startOfDate(DATE, ZONE)).toBe(MIDNIGHT);
  const hours = (date: string, next: string) =>
    (startOfDate(next, 'America/Los_Angeles') - startOfDate(date, 'America/Los_Angeles')) / 3_600_000;
  expect(hours('2014-03-09', '2014-03-10')).toBe(23);
  expect(hours('2014-11-02', '2014-11-03')).toBe(25);
  const rows = [row(1, MIDNIGHT - 1), row(2, MIDNIGHT), row(3, MIDNIGHT + 86_399_999), row(4, MIDNIGHT + 86_400_000)];
  expect(dailyStatistics(rows, VIDEOS, DATE, ZONE).verdicts).toMatchObject({ outside: 2, repeat: 1, counted: 1 });
});

test('weeks begin on Monday and straddle months; sums and rankings follow', () => {
  expect(datesOfPeriod('2026-06-01', 'week')[0]).toBe('2026-06-01');
  expect(datesOfPeriod('2024-12-30', 'week')).toContain('2025-01-05');
  expect(datesOfPeriod('2024-02-10', 'month')).toHaveLength(29);
  const judged = judgeLog(
    [row(1, MIDNIGHT), row(2, MIDNIGHT + 40_000, { videoId: 2n, playSeconds: 99 }), row(3, MIDNIGHT + 86_400_000)],
    VIDEOS,
  );
  expect(periodSums(judged, '2024-01-07', ZONE, 'week').get(1n)?.views).toBe(2n);
  expect(periodSums(judged, '2024-01-31', ZONE, 'month').get(2n)?.playSeconds).toBe(99n);
  const day = periodSums(judged, DATE, ZONE, 'day');
  expect(topVideos(day, 'views', 5).map(({ videoId }) => videoId)).toEqual([1n, 2n]);
  expect(topVideos(day, 'playSeconds', 1)).toEqual([{ videoId: 2n, value: 99n }]);
  expect(statisticsCsv(day)).toBe('video_id,views,ad_views,play_seconds\n1,1,1,10\n2,1,1,99\n');
});

test.each(LOG_KINDS)('the %s log is the same each time, and its verdicts balance', (kind) => {
  const log = buildLog(kind, 42, 3_000, DATE, ZONE);
  expect(buildLog(kind, 42, 3_000, DATE, ZONE)).toEqual(log);
  expect(new Set(log.rows.map(({ id }) => id)).size).toBe(log.rows.length);
  const { read, ...counts } = dailyStatistics(log.rows, log.videos, DATE, ZONE).verdicts;
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(read);
  expect(counts.counted).toBeGreaterThan(0);
  if (kind === 'dirty') expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
});
