/** Rows of video settlements and their sources, in pages of videos. One statement, one function. */
import type { Knex } from 'knex';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import type { CreatorAmounts, VideoCounts } from './rules/settle-video.ts';

/** Which videos: a run of ids, both ends inside, or some ids. */
export type VideoPage = { readonly from: bigint; readonly to: bigint } | { readonly ids: readonly bigint[] };

/** What a date's statistics and the video table say of a video. */
export interface VideoOfDate {
  readonly date: string;
  readonly videoId: bigint;
  readonly views: bigint;
  readonly ads: bigint;
  readonly creatorId: bigint | null;
}

/** What was computed for a video and a date, and from what. */
export interface PricedVideo extends VideoCounts, CreatorAmounts {
  readonly videoId: bigint;
  readonly cardNo: number;
  /** SHA-256 of everything that the amounts follow from, in hexadecimal. */
  readonly inputDigest: string;
  readonly jobExecutionId: number;
}

/** One revision of an open date's settlement; the highest is the current one. */
export interface Settlement extends PricedVideo {
  readonly date: string;
  readonly revision: number;
  readonly isCurrent: boolean;
}

/** What is posted about a closed date; the amounts are the difference to what was posted before, not the whole. */
export interface Adjustment extends PricedVideo {
  readonly correctedDate: string;
  readonly adjustmentNo: number;
  /** The run whose result it corrects. */
  readonly correctedJobExecutionId: number;
  readonly bookedDate: string;
}

export interface SettlementDate {
  readonly date: string;
  /** The run that settled it last; null: not settled yet, but it has adjustments, or a later date has counted its views. */
  readonly jobExecutionId: number | null;
  /** 0: creators have been credited what is due; else how often that has changed on the way there. */
  readonly creditsDue: number;
  readonly closedAt: string | null;
}

const pricedColumns = [
  'creator_id',
  'card_no',
  'views_before',
  'views_after',
  'ads_before',
  'ads_after',
  'view_amount',
  'ad_amount',
  'total',
  'input_digest',
  'job_execution_id',
] as const;

/** The videos that have statistics on the dates, by date and id. */
export async function readVideosOfDates(
  executor: Executor,
  dates: readonly string[],
  page: VideoPage,
  limit?: number,
): Promise<VideoOfDate[]> {
  const query = executor('video_daily_stats as s')
    .leftJoin('video as v', 'v.id', 's.video_id')
    .whereIn('s.business_date', [...dates])
    .orderBy(['s.business_date', 's.video_id'])
    .select('s.business_date', 's.video_id', 's.views', 's.ad_views', 'v.creator_id');
  if (limit !== undefined) query.limit(limit);
  const rows = await onPage(query, 's.video_id', page);
  return rows.map((row: Record<string, unknown>) => ({
    date: String(row.business_date),
    videoId: toBigInt(row.video_id),
    views: toBigInt(row.views),
    ads: toBigInt(row.ad_views),
    creatorId: row.creator_id === null ? null : toBigInt(row.creator_id),
  }));
}

/** The current settlements of some dates. */
export async function readSettlements(
  executor: Executor,
  dates: readonly string[],
  page: VideoPage,
): Promise<Settlement[]> {
  const query = executor('settle_video_settlement')
    .whereIn('business_date', [...dates])
    .where({ is_current: 1 })
    .select('business_date', 'video_id', 'revision', 'is_current', ...pricedColumns);
  const rows: Record<string, unknown>[] = await onPage(query, 'video_id', page);
  return rows.map(settlementOf);
}

/** All revisions of one video on a date, the first one first. */
export async function readRevisions(executor: Executor, date: string, videoId: bigint): Promise<Settlement[]> {
  const rows = await executor('settle_video_settlement')
    .where({ business_date: date, video_id: videoId.toString() })
    .orderBy('revision');
  return rows.map(settlementOf);
}

/** The adjustments that correct some dates, of each date and video in their order. */
export async function readAdjustments(
  executor: Executor,
  correctedDates: readonly string[],
  page: VideoPage,
): Promise<Adjustment[]> {
  const query = executor('settle_settlement_adjustment')
    .whereIn('corrected_date', [...correctedDates])
    .orderBy(['corrected_date', 'video_id', 'adjustment_no'])
    .select('*');
  const rows: Record<string, unknown>[] = await onPage(query, 'video_id', page);
  return rows.map(adjustmentOf);
}

/** The adjustments of one video that were booked in a date, by the date that they correct. */
export async function readBooked(executor: Executor, bookedDate: string, videoId: bigint): Promise<Adjustment[]> {
  const rows = await executor('settle_settlement_adjustment')
    .where({ booked_date: bookedDate, video_id: videoId.toString() })
    .orderBy(['corrected_date', 'adjustment_no']);
  return rows.map(adjustmentOf);
}

/** Marks revisions as superseded, and adds new ones. */
export async function writeSettlements(
  database: Database,
  tx: Transaction,
  superseded: readonly Settlement[],
  rows: readonly Settlement[],
): Promise<void> {
  const keys = ['business_date', 'video_id', 'revision'];
  const target = { table: 'settle_video_settlement', columns: [...keys, 'is_current', ...pricedColumns] };
  const values = (isCurrent: 0 | 1) => (row: Settlement) => [
    row.date,
    row.videoId,
    row.revision,
    isCurrent,
    ...pricedValues(row),
  ];
  await bulkInsert(tx, database.dialect, { ...target, mode: 'replace-values', keys }, superseded.map(values(0)));
  await bulkInsert(tx, database.dialect, target, rows.map(values(1)));
}

export async function insertAdjustments(
  database: Database,
  tx: Transaction,
  rows: readonly Adjustment[],
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_settlement_adjustment',
      columns: [
        'corrected_date',
        'video_id',
        'adjustment_no',
        'corrected_job_execution_id',
        'booked_date',
        ...pricedColumns,
      ],
    },
    rows.map((row) => [
      row.correctedDate,
      row.videoId,
      row.adjustmentNo,
      row.correctedJobExecutionId,
      row.bookedDate,
      ...pricedValues(row),
    ]),
  );
}

/** The dates before one that a run has published and no run has settled yet, as far as that is not noted already. */
export async function readDatesPassedOver(executor: Executor, before: string): Promise<string[]> {
  const rows = await executor('settle_statistics_run as r')
    .leftJoin('settle_settlement_date as d', 'd.business_date', 'r.business_date')
    .where('r.business_date', '<', before)
    .whereNull('d.business_date')
    .select('r.business_date');
  return rows.map((row) => String(row.business_date));
}

/** What is known of the dates from one on, by date. */
export async function readSettlementDates(executor: Executor, from: string): Promise<Map<string, SettlementDate>> {
  const rows = await executor('settle_settlement_date')
    .where('business_date', '>=', from)
    .orderBy('business_date')
    .select('*');
  return new Map(
    rows.map((row) => [
      String(row.business_date),
      {
        date: String(row.business_date),
        jobExecutionId: row.job_execution_id === null ? null : toNumber(row.job_execution_id),
        creditsDue: toNumber(row.credits_due),
        closedAt: row.closed_at,
      },
    ]),
  );
}

export async function writeSettlementDates(
  database: Database,
  tx: Transaction,
  dates: readonly SettlementDate[],
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_settlement_date',
      columns: ['business_date', 'job_execution_id', 'credits_due', 'closed_at'],
      mode: 'replace-values',
      keys: ['business_date'],
    },
    dates.map(({ date, jobExecutionId, creditsDue, closedAt }) => [date, jobExecutionId, creditsDue, closedAt]),
  );
}

/** Narrows a query to the videos of a page. */
export function onPage<T extends Knex.QueryBuilder>(query: T, column: string, page: VideoPage): T {
  if ('ids' in page) query.whereIn(column, page.ids.map(String));
  else query.whereBetween(column, [page.from.toString(), page.to.toString()]);
  return query;
}

function pricedValues(row: PricedVideo) {
  return [
    row.creatorId,
    row.cardNo,
    row.viewsBefore,
    row.viewsAfter,
    row.adsBefore,
    row.adsAfter,
    row.viewAmount,
    row.adAmount,
    row.viewAmount + row.adAmount,
    row.inputDigest,
    row.jobExecutionId,
  ];
}

function pricedOf(row: Record<string, unknown>): PricedVideo {
  return {
    videoId: toBigInt(row.video_id),
    creatorId: row.creator_id === null ? null : toBigInt(row.creator_id),
    cardNo: toNumber(row.card_no),
    viewsBefore: toBigInt(row.views_before),
    viewsAfter: toBigInt(row.views_after),
    adsBefore: toBigInt(row.ads_before),
    adsAfter: toBigInt(row.ads_after),
    viewAmount: toBigInt(row.view_amount),
    adAmount: toBigInt(row.ad_amount),
    inputDigest: String(row.input_digest),
    jobExecutionId: toNumber(row.job_execution_id),
  };
}

function settlementOf(row: Record<string, unknown>): Settlement {
  return {
    date: String(row.business_date),
    ...pricedOf(row),
    revision: toNumber(row.revision),
    isCurrent: Number(row.is_current) === 1,
  };
}

function adjustmentOf(row: Record<string, unknown>): Adjustment {
  return {
    ...pricedOf(row),
    correctedDate: String(row.corrected_date),
    adjustmentNo: toNumber(row.adjustment_no),
    correctedJobExecutionId: toNumber(row.corrected_job_execution_id),
    bookedDate: String(row.booked_date),
  };
}
