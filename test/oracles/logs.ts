/**
 * Builders of dirty logs for tests: every kind of dirt that real logs have (domain section 2), each deterministic from
 * a seed, and a fast-check arbitrary of small dense logs in which nearly every row interacts with another.
 */
import fc from 'fast-check';
import { startOfDate } from './calendar.ts';
import type { LogRow } from './daily-statistics.ts';
import type { Log } from './read-log.ts';

/** A row without its id: `number` gives ids in order of arrival. */
export type UnnumberedRow = Omit<LogRow, 'id'>;

/** A small deterministic generator of numbers in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Ids that no video has. */
const UNKNOWN_VIDEO = 999_999n;

/** Videos 1 to `count`; every fifth has no known creator, the others are by viewers 1 to 50. */
export function someVideos(count: number): Map<bigint, bigint | null> {
  return new Map(
    Array.from({ length: count }, (_, index) => [BigInt(index + 1), index % 5 === 4 ? null : BigInt((index % 50) + 1)]),
  );
}

/** Gives ids in order of arrival; a hole of ten million after every `rowsBetweenHoles` rows (0: none). */
export function number(rows: readonly UnnumberedRow[], rowsBetweenHoles = 0): LogRow[] {
  let id = 0n;
  return rows.map((row, index) => {
    id += rowsBetweenHoles > 0 && index > 0 && index % rowsBetweenHoles === 0 ? 10_000_000n : 1n;
    return { id, ...row };
  });
}

/** Views spread evenly over [fromMs, toMs), in order of time. */
export function plainRows(
  random: () => number,
  count: number,
  fromMs: number,
  toMs: number,
  videos: number,
): UnnumberedRow[] {
  return Array.from({ length: count }, (_, index) => ({
    videoId: BigInt(1 + Math.floor(random() * videos)),
    viewerId: BigInt(1 + Math.floor(random() * 200)),
    viewedAt: Math.floor(fromMs + ((toMs - fromMs) * (index + random())) / count),
    playSeconds: Math.floor(random() * 600),
    adViews: random() < 0.2 ? 1 + Math.floor(random() * 3) : 0,
  }));
}

/** One viewer on one video every `stepMs` from half an hour before `midnightMs` to half an hour after it. */
export function repeatingViewer(
  stepMs: number,
  midnightMs: number,
  videoId: bigint,
  viewerId: bigint,
): UnnumberedRow[] {
  const rows: UnnumberedRow[] = [];
  for (let at = midnightMs - HOUR_MS / 2; at <= midnightMs + HOUR_MS / 2; at += stepMs) {
    rows.push({ videoId, viewerId, viewedAt: at, playSeconds: 20, adViews: 1 });
  }
  return rows;
}

/** `rows` with each row repeated exactly (all but its id) with probability `rate`, somewhere later. */
export function withDuplicates(random: () => number, rows: readonly UnnumberedRow[], rate: number): UnnumberedRow[] {
  const out = [...rows];
  for (const [index, row] of rows.entries()) {
    if (random() < rate) out.splice(Math.min(out.length, index + 1 + Math.floor(random() * 50)), 0, row);
  }
  return out;
}

/** `rows` with each row moved to arrive up to `placesMax` places later with probability `rate`. */
export function withLateArrivals(
  random: () => number,
  rows: readonly UnnumberedRow[],
  rate: number,
  placesMax: number,
): UnnumberedRow[] {
  return rows
    .map((row, index) => ({ row, place: index + (random() < rate ? random() * placesMax : 0) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}

/** `rows` in no order at all. */
export function shuffled(random: () => number, rows: readonly UnnumberedRow[]): UnnumberedRow[] {
  return withLateArrivals(random, rows, 1, rows.length * 1000);
}

/** `rows` with a `rate` of them broken, each in one way: every invalid kind, missing times, and times far ahead. */
export function withDirt(random: () => number, rows: readonly UnnumberedRow[], rate: number): UnnumberedRow[] {
  return rows.map((row) => {
    if (random() >= rate) return row;
    switch (Math.floor(random() * 8)) {
      case 0:
        return { ...row, videoId: UNKNOWN_VIDEO };
      case 1:
        return { ...row, playSeconds: -1 - Math.floor(random() * 1000) };
      case 2:
        return { ...row, playSeconds: 86_401 + Math.floor(random() * 17_000_000) };
      case 3:
        return { ...row, adViews: -1 };
      case 4:
        return { ...row, viewedAt: null };
      case 5:
        return { ...row, viewedAt: row.viewedAt === null ? null : row.viewedAt + 400 * DAY_MS };
      case 6:
        return { ...row, playSeconds: 86_400 };
      default:
        return { ...row, videoId: UNKNOWN_VIDEO, playSeconds: -5, adViews: -2 };
    }
  });
}

/** The kinds of generated log that the oracle tests run over. */
export const LOG_KINDS = ['ordered', 'dirty', 'hot', 'late', 'holes', 'repeats', 'shuffled'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/**
 * A log of about `rowCount` rows over three dates, `date` in the middle. `dirty` has every kind of dirt and moderate
 * disorder; the others stress one thing each: one video with 90 % of rows, rows days late, holes of ten million ids,
 * the 29.999 s and 30.000 s viewers over both midnights, arbitrary disorder.
 */
export function buildLog(kind: LogKind, seed: number, rowCount: number, date: string, zone: string): Log {
  const random = randomOf(seed);
  const midnight = startOfDate(date, zone);
  const videoCount = 40;
  const videos = someVideos(videoCount);
  let rows = plainRows(random, rowCount, midnight - DAY_MS, midnight + 2 * DAY_MS, videoCount);
  let rowsBetweenHoles = 0;
  switch (kind) {
    case 'ordered':
      break;
    case 'dirty':
      rows = withLateArrivals(random, withDirt(random, withDuplicates(random, rows, 0.05), 0.1), 0.3, 20);
      rows = byTime([...rows, ...chains(midnight)]);
      rows = withLateArrivals(random, rows, 0.02, rowCount / 2);
      rowsBetweenHoles = 997;
      break;
    case 'hot':
      rows = rows.map((row) => (random() < 0.9 ? { ...row, videoId: 7n, viewerId: row.viewerId! % 20n } : row));
      rows = withDuplicates(random, rows, 0.02);
      break;
    case 'late':
      rows = withLateArrivals(random, rows, 0.1, rowCount);
      break;
    case 'holes':
      rowsBetweenHoles = 101;
      break;
    case 'repeats':
      rows = withLateArrivals(random, byTime([...rows, ...chains(midnight), ...chains(midnight + DAY_MS)]), 0.5, 30);
      break;
    case 'shuffled':
      rows = shuffled(random, withDirt(random, [...rows, ...chains(midnight)], 0.05));
      break;
  }
  return { rows: number(rows, rowsBetweenHoles), videos };
}

function chains(midnightMs: number): UnnumberedRow[] {
  return [
    ...repeatingViewer(29_999, midnightMs, 3n, 1001n),
    ...repeatingViewer(30_000, midnightMs, 3n, 1002n),
    ...repeatingViewer(29_999, midnightMs, 4n, 1002n),
    ...repeatingViewer(10 * SECOND_MS, midnightMs, 5n, 1003n),
  ];
}

function byTime(rows: readonly UnnumberedRow[]): UnnumberedRow[] {
  return [...rows].sort((a, b) => (a.viewedAt ?? 0) - (b.viewedAt ?? 0));
}

export interface DenseLogOptions {
  readonly date: string;
  readonly zone: string;
  readonly rowsMax?: number;
}

/**
 * Random small logs in a narrow world: four videos (one unknown), four viewers (some creators), times within two
 * minutes around both ends of `date` and on the edges of the 30 s window, ids with and without holes, no order.
 */
export function denseLog(options: DenseLogOptions): fc.Arbitrary<Log> {
  const start = startOfDate(options.date, options.zone);
  const end = startOfDate(
    new Date(Date.parse(`${options.date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10),
    options.zone,
  );
  const videos = new Map<bigint, bigint | null>([
    [1n, 1n],
    [2n, null],
    [3n, 3n],
  ]);
  const offset = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -12, max: 12 }).map((step) => step * 10_000) },
    { weight: 3, arbitrary: fc.integer({ min: -4, max: 4 }).map((step) => step * 29_999) },
    { weight: 2, arbitrary: fc.constantFrom(-1, 1, 29_999, 30_000, 30_001, -29_999, -30_000) },
    { weight: 1, arbitrary: fc.integer({ min: -120_000, max: 120_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -40 * DAY_MS, max: 40 * DAY_MS }) },
  );
  const viewedAt = fc.tuple(fc.constantFrom(start, start, start, end), offset).map(([edge, by]) => edge + by);
  const row = fc.record({
    gap: fc.oneof(
      { weight: 9, arbitrary: fc.constant(1n) },
      { weight: 1, arbitrary: fc.constantFrom(2n, 10_000_000n) },
    ),
    videoId: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(1n, 1n, 1n, 2n, 3n) },
      { weight: 1, arbitrary: fc.constant(4n) },
    ),
    viewerId: fc.constantFrom(1n, 2n, 2n, 2n, 3n, 4n),
    viewedAt: fc.oneof({ weight: 20, arbitrary: viewedAt }, { weight: 1, arbitrary: fc.constant(null) }),
    playSeconds: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 86_400 }) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 0, 86_400, 86_401, 2_147_483_647, -2_147_483_648) },
    ),
    adViews: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 2_147_483_647) },
    ),
  });
  return fc.array(row, { minLength: 0, maxLength: options.rowsMax ?? 120 }).map((generated) => {
    let id = 0n;
    const rows = generated.map(({ gap, ...rest }): LogRow => {
      id += gap;
      return { id, ...rest };
    });
    return { rows, videos };
  });
}
