/**
 * `settle verify`: recomputes a date from the source in an independent, plain way (one scan sorted by the server, a Map
 * of windows) and compares it with what is published. Shares no code with the statistics step but the zone's calendar
 * and the policy that is stored with the results.
 */
import type { Database } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { findOddTime, oddTimeError } from '../../../database/odd-time.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { toBigInt, toNumber } from '../../../database/values.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { businessDay } from '../../../rules/business-time.ts';
import type { ViewPolicy } from '../rules/verdict.ts';
import { countArrivedRows } from './arrived-rows.ts';
import { zoneFlag } from './likely-zone.ts';
import { readStatistics } from './read-statistics.ts';
import { readStatisticsRun } from './statistics-run.ts';
import { viewLog } from './view-log.ts';

/** Sums over all videos of a date. */
export interface DateTotals {
  readonly videos: number;
  readonly views: bigint;
  readonly adViews: bigint;
  readonly playSeconds: bigint;
}

export interface Verification {
  readonly equal: boolean;
  /** Videos compared. */
  readonly compared: number;
  /** The first differences, in words; at most 20. */
  readonly differences: string[];
  /** Rows of the date by verdict, as recomputed: invalid, self, repeat, counted. */
  readonly verdicts: Record<string, number>;
  readonly published: DateTotals;
  readonly recomputed: DateTotals;
  /** The run whose statistics are published. */
  readonly execution: number;
  /** Rows of the date that arrived after that run. */
  readonly arrived: number;
  /** UTC; undefined for an open date. */
  readonly closedAt: string | undefined;
  /** The command to go on with where they differ. */
  readonly next: string | undefined;
}

interface Sums {
  views: bigint;
  adViews: bigint;
  playSeconds: bigint;
}

interface Recomputed {
  readonly sums: Map<bigint, Sums>;
  readonly verdicts: Record<string, number>;
}

const differencesMax = 20;
/** Look-backs to try: a chain of views that is still unbroken at its start asks for the next. */
const lookbacksMs = [3_600_000, 48 * 3_600_000, Number.POSITIVE_INFINITY];

/**
 * @param options `zone` defaults to the one that the date was settled with
 * @throws SettleError NOT_SETTLED (exit code 2) when the date has no published statistics
 */
export async function verifyDate(
  database: Database,
  options: { readonly date: string; readonly zone?: string },
): Promise<Verification> {
  const run = await database.knex('settle_statistics_run').where({ business_date: options.date }).first();
  if (run === undefined) {
    throw new SettleError('NOT_SETTLED', ExitCode.usage, `${options.date} has not been settled`, {
      hint: `run \`settle --date ${options.date}${await zoneFlag(database.knex, options.date)}\` first`,
    });
  }
  const odd = await findOddTime(database, viewLog);
  if (odd !== undefined) throw oddTimeError(viewLog.table, viewLog.key, viewLog.time, odd);
  const policy = JSON.parse(String(run.policy)) as ViewPolicy;
  const day = businessDay(options.date, options.zone ?? String(run.zone));
  const creators = await readCreators(database);
  let recomputed: Recomputed | undefined;
  for (const lookbackMs of lookbacksMs) {
    recomputed = await recompute(database, day.startMs, day.endMs, lookbackMs, policy, creators);
    if (recomputed !== undefined) break;
  }
  const { sums, verdicts } = recomputed as Recomputed;
  const differences = await compareSums(database, options.date, sums);
  const published = JSON.parse(String(run.verdicts)) as Record<string, number>;
  for (const [verdict, rows] of Object.entries(verdicts)) {
    if (published[verdict] !== rows)
      differences.push(`${verdict}: published ${published[verdict]}, recomputed ${rows}`);
  }
  return {
    equal: differences.length === 0,
    compared: sums.size,
    differences: differences.slice(0, differencesMax),
    verdicts,
    published: await readPublishedTotals(database, options.date),
    recomputed: totalsOf(sums),
    execution: toNumber(run.job_execution_id),
    arrived: (await countArrived(database, options.date)) ?? 0,
    closedAt: await readClosing(database, options.date),
    next: differences.length === 0 ? undefined : `settle run daily --date ${options.date} --zone ${run.zone} --rerun`,
  };
}

async function readPublishedTotals({ knex }: Database, date: string): Promise<DateTotals> {
  const [row] = await knex('video_daily_stats')
    .where({ business_date: date })
    .count({ videos: '*' })
    .sum({ views: 'views', ad_views: 'ad_views', play_seconds: 'play_seconds' });
  return {
    videos: toNumber(row.videos),
    views: toBigInt(row.views ?? 0),
    adViews: toBigInt(row.ad_views ?? 0),
    playSeconds: toBigInt(row.play_seconds ?? 0),
  };
}

function totalsOf(sums: ReadonlyMap<bigint, Sums>): DateTotals {
  let [views, adViews, playSeconds] = [0n, 0n, 0n];
  for (const video of sums.values()) {
    views += video.views;
    adViews += video.adViews;
    playSeconds += video.playSeconds;
  }
  return { videos: sums.size, views, adViews, playSeconds };
}

async function countArrived(database: Database, date: string): Promise<number | undefined> {
  const run = await readStatisticsRun(database.knex, date);
  return run === undefined ? undefined : await countArrivedRows(database, run);
}

async function readClosing({ knex }: Database, date: string): Promise<string | undefined> {
  const row = await knex('settle_settlement_date').where({ business_date: date }).first('closed_at');
  return row?.closed_at ? String(row.closed_at) : undefined;
}

async function readCreators(database: Database): Promise<Map<bigint, bigint | null>> {
  const creators = new Map<bigint, bigint | null>();
  for await (const row of streamRows(database, 'SELECT id, creator_id FROM video', [])) {
    creators.set(toBigInt(row.id), row.creator_id === null ? null : toBigInt(row.creator_id));
  }
  return creators;
}

/** Undefined when the look-back was too short to know a window at the start of the date. */
async function recompute(
  database: Database,
  startMs: number,
  endMs: number,
  lookbackMs: number,
  policy: ViewPolicy,
  creators: ReadonlyMap<bigint, bigint | null>,
): Promise<Recomputed | undefined> {
  const fromMs = startMs - lookbackMs;
  const sums = new Map<bigint, Sums>();
  const verdicts = { invalid: 0, self: 0, repeat: 0, counted: 0 };
  /** Pair -> its last view, whether counted or not known; oldest first, so that old ones can be dropped. */
  const windows = new Map<string, { time: number; known: boolean }>();
  for await (const { row, time } of inOrder(sortedViews(database, fromMs, endMs))) {
    const ofDay = time >= startMs;
    const video = int64Of(row.video_id);
    const viewer = int64Of(row.viewer_id);
    const play = numberOf(row.play_seconds);
    const ads = numberOf(row.ad_views);
    const valid =
      video !== undefined &&
      creators.has(video) &&
      viewer !== undefined &&
      play >= 0 &&
      play <= policy.playSecondsMax &&
      ads >= 0;
    if (!valid) {
      if (ofDay) verdicts.invalid++;
      continue;
    }
    if (creators.get(video) === viewer) {
      if (ofDay) verdicts.self++;
      continue;
    }
    dropOlder(windows, time - policy.repeatWindowMs);
    const pair = `${viewer}:${video}`;
    const last = windows.get(pair);
    // Whatever came before the scan may have opened a window that still decides this view.
    if (last === undefined ? time - fromMs < policy.repeatWindowMs : !last.known) {
      if (ofDay) return undefined;
      windows.delete(pair);
      windows.set(pair, { time, known: false });
      continue;
    }
    if (last !== undefined) {
      if (ofDay) verdicts.repeat++;
      continue;
    }
    windows.set(pair, { time, known: true });
    if (ofDay) {
      verdicts.counted++;
      addView(sums, video, ads, play);
    }
  }
  return { sums, verdicts };
}

function sortedViews(database: Database, fromMs: number, endMs: number): AsyncGenerator<Record<string, unknown>> {
  const columns = 'id, video_id, viewer_id, viewed_at, play_seconds, ad_views';
  const bounded = Number.isFinite(fromMs);
  return streamRows(
    database,
    `SELECT ${columns} FROM view_log WHERE ${bounded ? 'viewed_at >= ? AND ' : ''}viewed_at < ? ORDER BY viewed_at, id`,
    bounded ? [instantText(fromMs), instantText(endMs)] : [instantText(endMs)],
  );
}

/**
 * The rows with their times, in order of millisecond and id: a column of microseconds sorts more finely than times are
 * told apart here. Rows without a real time are left out.
 */
async function* inOrder(
  rows: AsyncGenerator<Record<string, unknown>>,
): AsyncGenerator<{ readonly row: Record<string, unknown>; readonly time: number }> {
  let same: { row: Record<string, unknown>; time: number }[] = [];
  const byId = (a: { row: Record<string, unknown> }, b: { row: Record<string, unknown> }) =>
    toBigInt(a.row.id) < toBigInt(b.row.id) ? -1 : 1;
  for await (const row of rows) {
    const time = parseInstant(String(row.viewed_at));
    if (Number.isNaN(time)) continue;
    if (same.length > 0 && same[0].time !== time) {
      yield* same.length === 1 ? same : same.sort(byId);
      same = [];
    }
    same.push({ row, time });
  }
  yield* same.sort(byId);
}

/** Undefined for NULL and for what is no signed integer of 64 bits. */
function int64Of(value: unknown): bigint | undefined {
  if (value === null || !/^-?\d+$/.test(String(value))) return undefined;
  const integer = BigInt(String(value));
  return BigInt.asIntN(64, integer) === integer ? integer : undefined;
}

/** NaN for NULL and for what is no integer of 53 bits. */
function numberOf(value: unknown): number {
  const integer = int64Of(value);
  return integer !== undefined && Number.isSafeInteger(Number(integer)) ? Number(integer) : Number.NaN;
}

/** Forgets the pairs whose last view is at `time` or before: it decides nothing any more. */
function dropOlder(windows: Map<string, { time: number }>, time: number): void {
  for (const [pair, last] of windows) {
    if (last.time > time) return;
    windows.delete(pair);
  }
}

function addView(sums: Map<bigint, Sums>, video: bigint, adViews: number, playSeconds: number): void {
  const sum = sums.get(video) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
  sum.views++;
  sum.adViews += BigInt(adViews);
  sum.playSeconds += BigInt(playSeconds);
  sums.set(video, sum);
}

async function compareSums(database: Database, date: string, sums: ReadonlyMap<bigint, Sums>): Promise<string[]> {
  const differences: string[] = [];
  const seen = new Set<bigint>();
  for (const published of await readStatistics(database, { from: date, to: date })) {
    seen.add(published.videoId);
    const expected = sums.get(published.videoId);
    for (const name of ['views', 'adViews', 'playSeconds'] as const) {
      if (published[name] !== (expected?.[name] ?? 0n)) {
        differences.push(
          `video ${published.videoId} ${name}: published ${published[name]}, recomputed ${expected?.[name] ?? 0n}`,
        );
      }
    }
    if (expected === undefined) differences.push(`video ${published.videoId}: published, but has no counted view`);
    if (differences.length >= differencesMax) return differences;
  }
  for (const video of sums.keys()) {
    if (differences.length >= differencesMax) break;
    if (!seen.has(video)) differences.push(`video ${video}: has counted views, but is not published`);
  }
  return differences;
}
