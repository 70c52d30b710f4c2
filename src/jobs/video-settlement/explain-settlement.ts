/**
 * Takes what a video is paid for a date back to its rows and rules: counts, card, tiers, run, every revision and
 * adjustment, the credits on the ledger, and the queries that list the rows behind it.
 */
import type { Database } from '../../database/database.ts';
import { instantText } from '../../database/instant.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { businessDay, defaultZone } from '../../rules/business-time.ts';
import { shardSettings } from '../views/log/log-settings.ts';
import { readRateCards, type StoredCard } from './rate-card-store.ts';
import { type Reversal, readReversals } from './reversals.ts';
import { priceText, type Tier, tierShares, totalPrice, totalWon } from './rules/tiered-amount.ts';
import {
  type Adjustment,
  type PricedVideo,
  readAdjustments,
  readBooked,
  readRevisions,
  readSettlementDates,
  type Settlement,
} from './settlement-store.ts';

/** How one of the two amounts came about. Won as decimal text where it is exact, whole where it was rounded down. */
export interface ExplainedAmount {
  readonly countBefore: bigint;
  readonly countAfter: bigint;
  readonly units: bigint;
  readonly priceBefore: string;
  readonly priceAfter: string;
  readonly wonBefore: bigint;
  readonly wonAfter: bigint;
  readonly amount: bigint;
  readonly tiers: readonly { from: bigint; price: string; units: bigint; won: string }[];
}

export interface ExplainedAdjustment {
  readonly correctedDate: string;
  readonly correctedExecution: number;
  readonly bookedDate: string;
  readonly execution: number;
  readonly creatorId: bigint | null;
  readonly viewAmount: bigint;
  readonly adAmount: bigint;
  readonly total: bigint;
}

export interface SettlementExplanation {
  readonly date: string;
  readonly videoId: bigint;
  /** Null: not known, so that the suspense account was credited. */
  readonly creatorId: bigint | null;
  readonly closedAt: string | null;
  readonly rule: string;
  /** The date's own settlement; null when it has only adjustments. */
  readonly settlement: {
    readonly revision: number;
    readonly execution: number;
    readonly inputDigest: string;
    readonly card: {
      readonly cardNo: number;
      readonly name: string;
      readonly effectiveFrom: string;
      readonly digest: string;
    };
    readonly views: ExplainedAmount;
    readonly ads: ExplainedAmount;
    readonly total: bigint;
  } | null;
  readonly earlierRevisions: readonly { revision: number; execution: number; viewAmount: bigint; adAmount: bigint }[];
  /** Booked in later dates about this one. */
  readonly corrections: readonly ExplainedAdjustment[];
  /** Booked in this date about earlier ones. */
  readonly booked: readonly ExplainedAdjustment[];
  /** What `settle settlement` shows for the date: the settlement and what was booked in the date. */
  readonly paidInDate: { readonly viewAmount: bigint; readonly adAmount: bigint; readonly total: bigint };
  /** Credits of the creator for the date: of all the creator's videos together. */
  readonly credits: readonly { journalKey: string; amount: bigint; execution: number; reversedBy: Reversal | null }[];
  /** SQL that lists the rows behind it. */
  readonly sources: { readonly statistics: string; readonly views: string };
}

const rule =
  'tiered price by cumulative count: amount of the date = floor(total through it) - floor(total through the day before), ' +
  'views and ad views apart';

/** @throws SettleError (exit 2) when the video has nothing in that date */
export async function explainSettlement(
  database: Database,
  date: string,
  videoId: bigint,
): Promise<SettlementExplanation> {
  const { knex } = database;
  const revisions = await readRevisions(knex, date, videoId);
  const corrections = await readAdjustments(knex, [date], { ids: [videoId] });
  const booked = await readBooked(knex, date, videoId);
  const current = revisions.find(({ isCurrent }) => isCurrent);
  const any = current ?? corrections.at(-1) ?? booked.at(-1);
  if (any === undefined) {
    throw new SettleError('NOT_SETTLED', ExitCode.usage, `video ${videoId} has no settlement on ${date}`, {
      hint: `\`settle settlement --date ${date}\` lists those that have one.`,
    });
  }
  const cards = await readRateCards(knex);
  const viewAmount = sumOf([...(current ? [current] : []), ...booked], 'viewAmount');
  const adAmount = sumOf([...(current ? [current] : []), ...booked], 'adAmount');
  return {
    date,
    videoId,
    creatorId: any.creatorId,
    closedAt: (await readSettlementDates(knex, date)).get(date)?.closedAt ?? null,
    rule,
    settlement: current === undefined ? null : explained(current, cards),
    earlierRevisions: revisions
      .filter(({ isCurrent }) => !isCurrent)
      .map((old) => ({
        revision: old.revision,
        execution: old.jobExecutionId,
        viewAmount: old.viewAmount,
        adAmount: old.adAmount,
      })),
    corrections: corrections.map(explainedAdjustment),
    booked: booked.map(explainedAdjustment),
    paidInDate: { viewAmount, adAmount, total: viewAmount + adAmount },
    credits: await readCredits(database, date, any.creatorId),
    sources: await sourcesOf(database, date, videoId),
  };
}

function explained(settlement: Settlement, cards: readonly StoredCard[]): SettlementExplanation['settlement'] {
  const stored = cards.find(({ cardNo }) => cardNo === settlement.cardNo);
  if (stored === undefined) throw new Error(`rate card ${settlement.cardNo} is missing`);
  const { cardNo, card, digest } = stored;
  return {
    revision: settlement.revision,
    execution: settlement.jobExecutionId,
    inputDigest: settlement.inputDigest,
    card: { cardNo, name: card.name, effectiveFrom: card.effectiveFrom, digest },
    views: explainedAmount(card.view, settlement.viewsBefore, settlement.viewsAfter, settlement.viewAmount),
    ads: explainedAmount(card.adView, settlement.adsBefore, settlement.adsAfter, settlement.adAmount),
    total: settlement.viewAmount + settlement.adAmount,
  };
}

function explainedAmount(tiers: readonly Tier[], before: bigint, after: bigint, amount: bigint): ExplainedAmount {
  return {
    countBefore: before,
    countAfter: after,
    units: after - before,
    priceBefore: priceText(totalPrice(tiers, before)),
    priceAfter: priceText(totalPrice(tiers, after)),
    wonBefore: totalWon(tiers, before),
    wonAfter: totalWon(tiers, after),
    amount,
    tiers: tierShares(tiers, before, after).map(({ tier, units, price }) => ({
      from: tier.from,
      price: priceText(tier.price),
      units,
      won: priceText(price),
    })),
  };
}

function explainedAdjustment(one: Adjustment): ExplainedAdjustment {
  return {
    correctedDate: one.correctedDate,
    correctedExecution: one.correctedJobExecutionId,
    bookedDate: one.bookedDate,
    execution: one.jobExecutionId,
    creatorId: one.creatorId,
    viewAmount: one.viewAmount,
    adAmount: one.adAmount,
    total: one.viewAmount + one.adAmount,
  };
}

function sumOf(rows: readonly PricedVideo[], field: 'viewAmount' | 'adAmount'): bigint {
  return rows.reduce((sum, row) => sum + row[field], 0n);
}

async function readCredits({ knex }: Database, date: string, creatorId: bigint | null) {
  const rows = await knex('settle_creator_credit')
    .where({ business_date: date, creator_id: creatorId === null ? null : creatorId.toString() })
    .orderBy('credit_no')
    .select('journal_key', 'amount', 'job_execution_id');
  const reversals = await readReversals(knex, { from: date, to: date });
  return rows.map((row) => ({
    journalKey: String(row.journal_key),
    amount: toBigInt(row.amount),
    execution: toNumber(row.job_execution_id),
    reversedBy: reversals.find(({ journalKey }) => journalKey === row.journal_key) ?? null,
  }));
}

/** The zone is the one that the date's statistics were made with. */
async function sourcesOf({ knex }: Database, date: string, videoId: bigint): Promise<SettlementExplanation['sources']> {
  const run = await knex('settle_statistics_run').where({ business_date: date }).first('zone');
  const { startMs, endMs } = businessDay(date, run?.zone ?? defaultZone);
  const shards = shardSettings().map(({ name }) => name);
  return {
    statistics:
      'SELECT business_date, views, ad_views FROM video_daily_stats ' +
      `WHERE video_id = ${videoId} AND business_date <= '${date}' ORDER BY business_date`,
    views:
      'SELECT id, viewer_id, viewed_at, play_seconds, ad_views FROM view_log ' +
      `WHERE video_id = ${videoId} AND viewed_at >= '${instantText(startMs)}' AND viewed_at < '${instantText(endMs)}' ` +
      `ORDER BY viewed_at, id${shards.length === 0 ? '' : ` -- on each of the shards ${shards.join(', ')}`}`,
  };
}
