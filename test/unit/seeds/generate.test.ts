/** The generator: the same bytes however it is cut, and distributions that look like what was asked for. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  creatorOf,
  GeneratedViews,
  idSpan,
  ViewLogGenerator,
  type ViewLogOptions,
  type ViewLogRates,
} from '../../../seeds/generate.ts';
import { dailyStatistics, type LogRow } from '../../oracles/daily-statistics.ts';

const noRates: ViewLogRates = { repeat: 0, self: 0, duplicate: 0, invalid: 0, undated: 0, late: 0 };
const dirty: ViewLogRates = { repeat: 0.1, self: 0.05, duplicate: 0.02, invalid: 0.03, undated: 0.01, late: 0.02 };
const START = Date.parse('2024-03-09T15:00:00.000Z');
const DAY_MS = 86_400_000;

function options(over: Partial<ViewLogOptions> = {}): ViewLogOptions {
  return {
    rows: 20_000,
    date: '2024-03-10',
    days: 1,
    zone: 'Asia/Seoul',
    seed: 7,
    shape: 'zipf',
    videos: 500,
    viewers: 1_000_000,
    creators: 50,
    disorderSeconds: 120,
    rates: dirty,
    idGap: 0,
    ...over,
  };
}

/** The log in chunks of `chunkRows`, each by a generator of its own, as text. */
function logText(log: ViewLogOptions, chunkRows: number): string {
  const hash = createHash('sha256');
  const views = new GeneratedViews(chunkRows);
  for (let from = 0; from < log.rows; from += chunkRows) {
    new ViewLogGenerator(log).fill(views, from, Math.min(chunkRows, log.rows - from), 1);
    for (const row of rowsOf(views)) hash.update(`${Object.values(row).join(',')}\n`);
  }
  return hash.digest('hex');
}

function rowsOf(views: GeneratedViews): LogRow[] {
  return Array.from({ length: views.size }, (_, i) => ({
    id: BigInt(views.ids[i]),
    videoId: BigInt(views.videoIds[i]),
    viewerId: BigInt(views.viewerIds[i]),
    viewedAt: Number.isNaN(views.viewedAt[i]) ? null : views.viewedAt[i],
    playSeconds: views.playSeconds[i],
    adViews: views.adViews[i],
  }));
}

function generate(log: ViewLogOptions): LogRow[] {
  const views = new GeneratedViews(log.rows);
  new ViewLogGenerator(log).fill(views, 0, log.rows, 1);
  return rowsOf(views);
}

function shares(rows: readonly LogRow[]): number[] {
  const counts = new Map<bigint, number>();
  for (const { videoId } of rows) counts.set(videoId!, (counts.get(videoId!) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a).map((count) => count / rows.length);
}

describe('same seed, same bytes', () => {
  test.each(['uniform', 'zipf', 'hot'] as const)('%s: whatever the chunks', (shape) => {
    const log = options({ shape, rows: 5_000 });
    const whole = logText(log, 5_000);
    expect(logText(log, 333)).toBe(whole);
    expect(logText(log, 1_700)).toBe(whole);
    expect(logText({ ...log, seed: 8 }, 5_000)).not.toBe(whole);
  });

  test('the bytes of a released version stay what they were', () => {
    expect(logText(options({ rows: 1_000 }), 1_000)).toMatchInlineSnapshot(
      `"4a620544f9eecbcd210f741e8af115d5245ec607f284d234dadf9bc99c56a4b9"`,
    );
  });

  test('row numbers and seeds beyond 32 bits make rows of their own', () => {
    const log = options({ rows: 2 ** 34, rates: noRates, seed: 2 ** 40 + 7 });
    const views = new GeneratedViews(100);
    const generator = new ViewLogGenerator(log);
    const viewersFrom = (from: number) => {
      generator.fill(views, from, 100, 1);
      return [...views.viewerIds];
    };
    expect(viewersFrom(2 ** 32)).not.toEqual(viewersFrom(0));
    expect(generate(options({ seed: 7, rows: 100 }))).not.toEqual(generate(options({ seed: 2 ** 32 + 7, rows: 100 })));
  });
});

describe('distributions', () => {
  test('uniform, zipf and hot', () => {
    const log = options({ rows: 60_000, videos: 100, rates: noRates });
    expect(shares(generate({ ...log, shape: 'uniform' }))[0]).toBeLessThan(0.013);
    const zipf = shares(generate({ ...log, shape: 'zipf' }));
    // 1 / H(100) = 0.1928
    expect(zipf[0]).toBeCloseTo(0.1928, 2);
    expect(zipf[0] / zipf[9]).toBeCloseTo(10, -1);
    expect(zipf).toHaveLength(100);
    expect(shares(generate({ ...log, shape: 'hot' }))[0]).toBeCloseTo(0.901, 2);
  });

  test('times: inside the dates, nearly in order, quiet at night and busy in the evening', () => {
    const rows = generate(options({ rows: 50_000, days: 2, rates: noRates }));
    const times = rows.map(({ viewedAt }) => viewedAt!);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(START);
    expect(Math.max(...times)).toBeLessThan(START + 2 * DAY_MS);
    let newest = 0;
    let latenessMax = 0;
    for (const time of times) {
      newest = Math.max(newest, time);
      latenessMax = Math.max(latenessMax, newest - time);
    }
    expect(latenessMax).toBeGreaterThan(60_000);
    expect(latenessMax).toBeLessThanOrEqual(121_000);
    const inHour = (hour: number) =>
      times.filter((time) => Math.floor((time - START) / 3_600_000) % 24 === hour).length;
    expect(inHour(21)).toBeGreaterThan(8 * inHour(3));
  });

  test('a day of 23 hours is filled and not left', () => {
    const rows = generate(options({ zone: 'America/Los_Angeles', rates: noRates }));
    const times = rows.map(({ viewedAt }) => viewedAt!);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(Date.parse('2024-03-10T08:00:00Z'));
    expect(Math.max(...times)).toBeLessThan(Date.parse('2024-03-11T07:00:00Z'));
    expect(Math.max(...times)).toBeGreaterThan(Date.parse('2024-03-11T06:50:00Z'));
  });

  test('the rates that were asked for, as the naive oracle sees them', () => {
    const log = options({ rows: 100_000 });
    const rows = generate(log);
    const videos = new Map(
      Array.from({ length: log.videos }, (_, i) => [BigInt(i + 1), toBigInt(creatorOf(log, i + 1))]),
    );
    const { verdicts } = dailyStatistics(rows, videos, log.date, log.zone);
    const share = (count: number) => count / log.rows;
    expect(share(verdicts.undated)).toBeCloseTo(0.01, 2);
    expect(share(verdicts.invalid)).toBeCloseTo(0.03, 2);
    expect(share(verdicts.self)).toBeCloseTo(0.05, 2);
    expect(share(verdicts.outside)).toBeCloseTo(0.02, 2);
    // Repeats and duplicates, a few of them cut by the edge of the window or of the date.
    expect(share(verdicts.repeat)).toBeCloseTo(0.12, 2);
  });

  test('holes between ids: ten, and no more ids than announced', () => {
    const log = options({ rows: 1_000, idGap: 10_000_000 });
    const ids = generate(log).map(({ id }) => Number(id));
    expect(ids[0]).toBe(1);
    expect(ids.filter((id, i) => i > 0 && id - ids[i - 1] > 1)).toHaveLength(9);
    expect(ids.at(-1)).toBeLessThanOrEqual(idSpan(log));
  });

  test('one row, one video, no creators', () => {
    const log = options({ rows: 1, videos: 1, viewers: 1, creators: 0, rates: { ...noRates, self: 1 } });
    expect(generate(log)).toMatchObject([{ id: 1n, videoId: 1n, viewerId: 1n }]);
    expect(creatorOf(log, 1)).toBeNull();
  });
});

function toBigInt(id: number | null): bigint | null {
  return id === null ? null : BigInt(id);
}
