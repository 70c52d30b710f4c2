/**
 * Step `settle-videos`: prices every video of a date and, where counts have changed, of every settled date after it. An
 * open date gets new revisions; about a closed one the difference is booked in the next open date. One transaction, so
 * that no reader sees a date half priced and a crash leaves nothing behind.
 */
import { createHash } from 'node:crypto';
import type { Database, Transaction } from '../../database/database.ts';
import type { StepContext, StepCounts } from '../../engine/step.ts';
import { addDays } from '../../rules/business-time.ts';
import { adjustmentsOf, amountsOf, type VideoCounts } from '../../rules/settle-video.ts';
import { keepShippedCard, readRateCards, requireCardInForce, type StoredCard } from './rate-card-store.ts';
import { lockSettlements } from './settlement-lock.ts';
import {
  type Adjustment,
  insertAdjustments,
  type PricedVideo,
  readAdjustments,
  readCountsOver,
  readDatesBefore,
  readSettlementDates,
  readSettlements,
  readVideosOfDate,
  type Settlement,
  type SettlementDate,
  type VideoPage,
  writeSettlementDates,
  writeSettlements,
} from './settlement-store.ts';

/** Videos that are in memory at a time. */
const videosAPage = 4_000;
/** Few changed videos are looked up by their ids; of many the whole dates are priced again. */
const idsAPage = 500;
const changedIdsMax = 5_000;
const idMin = -(2n ** 63n);
const idMax = 2n ** 63n - 1n;

/** @throws SettleError (exit 2) when no rate card is in force */
export async function settleVideos(context: StepContext): Promise<Partial<StepCounts>> {
  const date = context.parameters.require('date');
  return await context.transaction(async (tx) => {
    await lockSettlements(context.database, tx);
    await keepShippedCard(context.database, tx);
    const run = new SettlementRun(context, tx, await readRateCards(tx), await readSettlementDates(tx, date));
    return await run.settle(date);
  });
}

/** One run over a date and those after it, inside its transaction. */
class SettlementRun {
  readonly #database: Database;
  readonly #tx: Transaction;
  readonly #jobExecutionId: number;
  readonly #signal: AbortSignal;
  readonly #cards: readonly StoredCard[];
  readonly #dates: Map<string, SettlementDate>;
  readonly #datesChanged = new Set<string>();
  #written = 0;

  constructor(
    { database, jobExecutionId, signal }: StepContext,
    tx: Transaction,
    cards: readonly StoredCard[],
    dates: Map<string, SettlementDate>,
  ) {
    this.#database = database;
    this.#tx = tx;
    this.#jobExecutionId = jobExecutionId;
    this.#signal = signal;
    this.#cards = cards;
    this.#dates = dates;
  }

  async settle(date: string): Promise<Partial<StepCounts>> {
    const later = [...this.#dates.values()].filter((one) => one.date > date && one.jobExecutionId !== null);
    if (!this.#isClosed(date)) this.#mark(date, { jobExecutionId: this.#jobExecutionId });
    const changed = later.length === 0 ? undefined : new ChangedVideos();
    const readCount = await this.#settleRange(date, changed);
    if (changed !== undefined && changed.size > 0) {
      for (const { date: next } of later) {
        if (changed.size > changedIdsMax) await this.#settleRange(next, undefined);
        else await this.#settleIds(next, changed.ids);
      }
    }
    const dates = [...this.#datesChanged].map((one) => this.#dates.get(one) as SettlementDate);
    await writeSettlementDates(this.#database, this.#tx, dates);
    return { readCount, writeCount: this.#written };
  }

  async #settleRange(date: string, changed: ChangedVideos | undefined): Promise<number> {
    const datesBefore = await readDatesBefore(this.#tx, date);
    let read = 0;
    for (let from = idMin; ; ) {
      const videos = await readVideosOfDate(this.#tx, date, { from, to: idMax }, videosAPage);
      const last = videos.length < videosAPage ? idMax : videos[videos.length - 1].videoId;
      await this.#settlePage(date, datesBefore, { from, to: last }, videos, changed);
      read += videos.length;
      if (last === idMax) return read;
      from = last + 1n;
    }
  }

  async #settleIds(date: string, ids: readonly bigint[]): Promise<void> {
    const datesBefore = await readDatesBefore(this.#tx, date);
    for (let at = 0; at < ids.length; at += idsAPage) {
      const page = { ids: ids.slice(at, at + idsAPage) };
      await this.#settlePage(date, datesBefore, page, await readVideosOfDate(this.#tx, date, page), undefined);
    }
  }

  async #settlePage(
    date: string,
    datesBefore: readonly string[],
    page: VideoPage,
    videos: Awaited<ReturnType<typeof readVideosOfDate>>,
    changed: ChangedVideos | undefined,
  ): Promise<void> {
    this.#signal.throwIfAborted();
    const closed = this.#isClosed(date);
    const before = await readCountsOver(this.#tx, datesBefore, page);
    const settled = await readSettlements(this.#tx, date, page);
    const adjusted = closed ? await readAdjustments(this.#tx, date, page) : new Map<bigint, Adjustment[]>();
    if (videos.length === 0 && settled.size === 0 && adjusted.size === 0) return;
    const card = requireCardInForce(this.#cards, date);
    const settlements: Settlement[] = [];
    const adjustments: Adjustment[] = [];

    const take = (videoId: bigint, creatorId: bigint | null, views: bigint, ads: bigint) => {
      const sums = before.get(videoId) ?? { views: 0n, ads: 0n };
      const counts: VideoCounts = {
        viewsBefore: sums.views,
        viewsAfter: sums.views + views,
        adsBefore: sums.ads,
        adsAfter: sums.ads + ads,
      };
      const priced = this.#price(date, card, videoId, creatorId, counts);
      const current = settled.get(videoId);
      const corrections = adjusted.get(videoId) ?? [];
      const known = corrections.at(-1) ?? current;
      if (known?.viewsAfter !== counts.viewsAfter || known.adsAfter !== counts.adsAfter) changed?.add(videoId);
      if (closed) adjustments.push(...this.#correct(date, priced, current, corrections));
      else if (current?.inputDigest !== priced.inputDigest) settlements.push(...revise(priced, current));
    };
    const seen = new Set<bigint>();
    for (const { videoId, creatorId, views, ads } of videos) {
      seen.add(videoId);
      take(videoId, creatorId, views, ads);
    }
    // Settled or adjusted once, but by now without a counted view on the date: nothing is due any more.
    for (const [videoId, { creatorId }] of settled) {
      if (!seen.has(videoId)) take(videoId, creatorId, 0n, 0n);
    }
    for (const [videoId, [{ creatorId }]] of adjusted) {
      if (!seen.has(videoId) && !settled.has(videoId)) take(videoId, creatorId, 0n, 0n);
    }

    await writeSettlements(this.#database, this.#tx, date, settlements);
    await insertAdjustments(this.#database, this.#tx, adjustments);
    this.#written += settlements.filter((row) => row.isCurrent).length + adjustments.length;
    if (settlements.length > 0) this.#mark(date, { creditsDue: true });
    for (const { bookedDate } of adjustments) this.#mark(bookedDate, { creditsDue: true });
  }

  #price(
    date: string,
    { cardNo, card, digest }: StoredCard,
    videoId: bigint,
    creatorId: bigint | null,
    counts: VideoCounts,
  ): PricedVideo {
    const input = [
      'video-settlement/1',
      date,
      videoId,
      creatorId ?? 'unknown',
      digest,
      counts.viewsBefore,
      counts.viewsAfter,
      counts.adsBefore,
      counts.adsAfter,
    ];
    return {
      videoId,
      creatorId,
      cardNo,
      ...counts,
      ...amountsOf(card, counts),
      inputDigest: createHash('sha256').update(input.join('|')).digest('hex'),
      jobExecutionId: this.#jobExecutionId,
    };
  }

  #correct(
    date: string,
    priced: PricedVideo,
    current: Settlement | undefined,
    corrections: readonly Adjustment[],
  ): Adjustment[] {
    const posted = current === undefined ? corrections : [current, ...corrections];
    const corrected = current?.jobExecutionId ?? this.#dates.get(date)?.jobExecutionId;
    if (corrected === undefined || corrected === null) throw new Error(`${date} is closed, but was never settled`);
    const bookedDate = this.#openDateAfter(date);
    return adjustmentsOf(priced, posted).map((amounts, i) => ({
      ...priced,
      ...amounts,
      correctedDate: date,
      adjustmentNo: corrections.length + i + 1,
      correctedJobExecutionId: corrected,
      bookedDate,
    }));
  }

  #isClosed(date: string): boolean {
    return (this.#dates.get(date)?.closedAt ?? null) !== null;
  }

  /** Closed dates end: only dates that were settled can be closed. */
  #openDateAfter(date: string): string {
    let open = addDays(date, 1);
    while (this.#isClosed(open)) open = addDays(open, 1);
    return open;
  }

  #mark(date: string, change: Partial<SettlementDate>): void {
    const known = this.#dates.get(date) ?? { date, jobExecutionId: null, creditsDue: false, closedAt: null };
    this.#dates.set(date, { ...known, ...change });
    this.#datesChanged.add(date);
  }
}

/** Videos whose cumulative count through the date has changed; beyond a bound only that there are many. */
class ChangedVideos {
  readonly ids: bigint[] = [];
  size = 0;

  add(videoId: bigint): void {
    if (this.size++ < changedIdsMax) this.ids.push(videoId);
  }
}

/** The next revision, and the one that it supersedes. */
function revise(priced: PricedVideo, current: Settlement | undefined): Settlement[] {
  const next = { ...priced, revision: (current?.revision ?? 0) + 1, isCurrent: true };
  return current === undefined ? [next] : [{ ...current, isCurrent: false }, next];
}
