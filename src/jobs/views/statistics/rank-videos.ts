/**
 * Step `rank-videos`: the top videos of the date, of its week and month, and the popular ranking of every sliding
 * window that the date lies in.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { lockName } from '../../../database/lock-row.ts';
import { toBigInt } from '../../../database/values.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { addDays, periodOf } from '../../../rules/business-time.ts';
import { noteReadable } from '../publication/read-revision.ts';
import { type RankingMetric, rankingMetrics } from '../rules/ranking.ts';
import { listSettledDates } from './read-statistics.ts';

export type RankingKind = 'day' | 'week' | 'month' | 'popular';

/** One ranking to compute; `from` and `to` are both inside. */
interface RankingPeriod {
  readonly kind: RankingKind;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export interface RankedVideo {
  readonly place: number;
  readonly videoId: bigint;
  readonly value: bigint;
}

export async function rankVideos(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, parameters } = context;
  const date = parameters.require('date');
  const size = Number(parameters.require('ranking-size'));
  const days = Number(parameters.require('popular-days'));
  // Runs of other dates of the week rank the same periods: each in its turn, on what is published by then.
  const places = await context.transaction(async (tx) => {
    await lockName(tx, 'rankings');
    const periods = await periodsOf(tx, date, days);
    const ranked = await rankPeriods(database, tx, periods, size);
    const popular = periods.filter(({ kind }) => kind === 'popular').map(({ label }) => label);
    await noteReadable(database, tx, { ranking: [date], popular });
    return ranked;
  });
  return { writeCount: places };
}

/** The date, its week and month, and every window of the popular ranking that it lies in and that has been settled. */
async function periodsOf(tx: Transaction, date: string, days: number): Promise<RankingPeriod[]> {
  const periods: RankingPeriod[] = (['day', 'week', 'month'] as const).map((kind) => periodOf(date, kind));
  for (const end of await listSettledDates(tx, { from: date, to: addDays(date, days - 1) })) {
    periods.push({ kind: 'popular', label: end, from: addDays(end, 1 - days), to: end });
  }
  return periods;
}

async function rankPeriods(
  database: Database,
  tx: Transaction,
  periods: readonly RankingPeriod[],
  size: number,
): Promise<number> {
  let places = 0;
  let last: { dates: string; rankings: Rankings } | undefined;
  for (const period of periods) {
    // Only dates that have been settled hold views; the first nights of a week or month share one reading.
    const settled = await listSettledDates(tx, period);
    const dates = settled.join();
    if (last?.dates !== dates) last = { dates, rankings: await computeRankings(tx, settled, size) };
    const { rankings } = last;
    for (const metric of rankingMetrics) await replaceRanking(database, tx, period, metric, rankings[metric]);
    places += rankings.views.length + rankings.play_seconds.length;
  }
  return places;
}

type Rankings = Record<RankingMetric, RankedVideo[]>;

async function computeRankings(tx: Transaction, settled: readonly string[], size: number): Promise<Rankings> {
  if (settled.length === 0) return { views: [], play_seconds: [] };
  const period = { from: settled[0], to: settled[settled.length - 1] };
  return {
    views: await selectTop(tx, period, 'views', size),
    play_seconds: await selectTop(tx, period, 'play_seconds', size),
  };
}

/** The rule of src/jobs/views/rules/ranking.ts as SQL, so that the videos of a month need not come here to be counted. */
async function selectTop(
  tx: Transaction,
  period: { readonly from: string; readonly to: string },
  metric: RankingMetric,
  size: number,
): Promise<RankedVideo[]> {
  const rows = await tx('video_daily_stats')
    .whereBetween('business_date', [period.from, period.to])
    .groupBy('video_id')
    .select('video_id')
    .sum({ value: metric })
    .orderBy([{ column: 'value', order: 'desc' }, { column: 'video_id' }])
    .limit(size);
  return rows.map((row: Record<string, unknown>, at: number) => ({
    place: at + 1,
    videoId: toBigInt(row.video_id),
    value: toBigInt(row.value),
  }));
}

/** A stored ranking, first place first; empty when there is none. */
export async function readRanking(
  { knex }: { readonly knex: Executor },
  kind: RankingKind,
  label: string,
  metric: RankingMetric,
): Promise<RankedVideo[]> {
  const rows = await knex('settle_ranking').where({ kind, label, metric }).orderBy('place');
  return rows.map((row) => ({
    place: Number(row.place),
    videoId: toBigInt(row.video_id),
    value: toBigInt(row.value),
  }));
}

async function replaceRanking(
  database: Database,
  tx: Transaction,
  { kind, label }: RankingPeriod,
  metric: RankingMetric,
  ranking: readonly RankedVideo[],
): Promise<void> {
  await tx('settle_ranking').where({ kind, label, metric }).delete();
  await bulkInsert(
    tx,
    database.dialect,
    { table: 'settle_ranking', columns: ['kind', 'label', 'metric', 'place', 'video_id', 'value'] },
    ranking.map(({ place, videoId, value }) => [kind, label, metric, place, videoId, value]),
  );
}
