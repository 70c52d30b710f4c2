/** What videos are paid in a day, week or month: the settlements of its dates and the adjustments booked in them. */
import type { Database, Executor } from '../../database/database.ts';
import { type Row, toBigInt } from '../../database/values.ts';

/** Whole won. */
export interface SettledVideo {
  readonly videoId: bigint;
  readonly viewAmount: bigint;
  readonly adAmount: bigint;
}

/** Sums by video from the first date to the last, both inside, by video id. Days add up to weeks and months. */
export async function readSettlement(
  { knex }: Database,
  period: { readonly from: string; readonly to: string },
): Promise<SettledVideo[]> {
  const dates = [period.from, period.to] as [string, string];
  const columns = ['video_id', 'view_amount', 'ad_amount'];
  const booked = knex('settle_settlement_adjustment').whereBetween('booked_date', dates).select(columns);
  const rows: Row[] = await knex
    .from(
      knex('settle_video_settlement')
        .whereBetween('business_date', dates)
        .where({ is_current: 1 })
        // Of a video that has lost all its counted views of a date the last revision remains, with nothing in it.
        .whereRaw('(views_after <> views_before OR ads_after <> ads_before)')
        .select(columns)
        .unionAll(booked)
        .as('posted'),
    )
    .groupBy('video_id')
    .orderBy('video_id')
    .select('video_id')
    .sum({ view_amount: 'view_amount', ad_amount: 'ad_amount' });
  return rows.map((row) => ({
    videoId: toBigInt(row.video_id),
    viewAmount: toBigInt(row.view_amount),
    adAmount: toBigInt(row.ad_amount),
  }));
}

/** The dates that a run has priced within a run of dates, both inside, ascending; also those on which nobody is paid. */
export async function listPricedDates(
  executor: Executor,
  period: { readonly from: string; readonly to: string },
): Promise<string[]> {
  const rows = await executor('settle_settlement_date')
    .whereBetween('business_date', [period.from, period.to])
    .whereNotNull('job_execution_id')
    .orderBy('business_date')
    .select('business_date');
  return rows.map((row) => String(row.business_date));
}
