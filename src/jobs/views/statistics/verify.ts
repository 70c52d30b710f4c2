/**
 * `settle verify`: recomputes a date from the source in an independent, plain way (one scan sorted by the server, a Map
 * of windows) and compares it with what is published. Shares no code with the statistics step but the zone's calendar
 * and the policy that is stored with the results.
 */
import type { Database } from '../../../database/database.ts';
import { toBigInt, toNumber } from '../../../database/values.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { businessDay } from '../../../rules/business-time.ts';
import type { ViewPolicy } from '../rules/verdict.ts';
import { countArrivedRows } from './arrived-rows.ts';
import { zoneFlag } from './likely-zone.ts';
import { readStatistics } from './read-statistics.ts';
import { recomputeDate, type Sums } from './recompute-date.ts';
import { readStatisticsRun } from './statistics-run.ts';

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

const differencesMax = 20;

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
  const policy = JSON.parse(String(run.policy)) as ViewPolicy;
  const day = businessDay(options.date, options.zone ?? String(run.zone));
  const { sums, verdicts } = await recomputeDate(database, day, policy);
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
