/**
 * Step `settle-videos`: prices every video of a date and, where its cumulative counts have changed, a video on every
 * settled date after it. An open date gets new revisions; about a closed one the difference is booked in the next open
 * date. One transaction, so that no reader sees a date half priced and a crash leaves nothing behind.
 */
import type { Database, Transaction } from '../../database/database.ts';
import { withSnapshot } from '../../database/snapshot.ts';
import type { StepCounts } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { addDays } from '../../rules/business-time.ts';
import { readDatesAfter } from './count-period-store.ts';
import { type Counts, CountsBefore } from './counts-before.ts';
import { priceVideo } from './price-video.ts';
import { keepShippedCard, readRateCards, requireCardInForce, type StoredCard } from './rate-card-store.ts';
import { adjustmentsOf } from './rules/settle-video.ts';
import { SettlementChanges } from './settlement-changes.ts';
import { lockSettlements } from './settlement-lock.ts';
import {
  type Adjustment,
  insertAdjustments,
  type PricedVideo,
  readAdjustments,
  readDatesPassedOver,
  readSettlementDates,
  readSettlements,
  readVideosOfDates,
  type Settlement,
  type SettlementDate,
  type VideoOfDate,
  type VideoPage,
  writeSettlementDates,
  writeSettlements,
} from './settlement-store.ts';
import { sumCounts } from './sum-counts.ts';

/** Videos that are in memory at a time; on later dates, dates times videos. */
const rowsAPage = 4_000;
/** Changed videos are looked up by their ids; where they are more, all that lie between them are read. */
const idsMax = 500;
const idMin = -(2n ** 63n);
const idMax = 2n ** 63n - 1n;

/** @throws SettleError (exit 2) when no rate card is in force */
export async function settleVideos(context: StepContext): Promise<Partial<StepCounts>> {
  const date = context.parameters.require('date');
  await sumCounts(context, date);
  return await context.transaction(async (tx) => {
    await lockSettlements(tx);
    await keepShippedCard(context.database, tx);
    const [cards, dates] = [await readRateCards(tx), await readSettlementDates(tx, date)];
    // Statistics and creators are others' to change: all dates are priced by what they were at one moment.
    return await withSnapshot(context.database, tx, async (statistics) => {
      const run = new SettlementRun(context, tx, statistics, cards, dates);
      const counts = await run.settle(date);
      run.changes.save(context.jobContext);
      return counts;
    });
  });
}

/** What is known of some videos on some dates: their statistics, and what was posted about them. */
interface KnownVideos {
  readonly videos: readonly VideoOfDate[];
  readonly settled: readonly Settlement[];
  readonly adjusted: readonly Adjustment[];
}

/** One run over a date and those after it, inside its transaction. */
class SettlementRun {
  readonly #database: Database;
  readonly #tx: Transaction;
  /** Reads what this run does not write, as it was when the settlements were locked. */
  readonly #statistics: Transaction;
  readonly #jobExecutionId: number;
  readonly #signal: AbortSignal;
  readonly #cards: readonly StoredCard[];
  readonly #dates: Map<string, SettlementDate>;
  readonly #datesChanged = new Set<string>();
  readonly #datesDue = new Set<string>();
  /** Of money that was settled before. */
  readonly changes = new SettlementChanges();
  #superseded: Settlement[] = [];
  #settlements: Settlement[] = [];
  #adjustments: Adjustment[] = [];
  #written = 0;

  constructor(
    { database, jobExecutionId, signal }: StepContext,
    tx: Transaction,
    statistics: Transaction,
    cards: readonly StoredCard[],
    dates: Map<string, SettlementDate>,
  ) {
    this.#database = database;
    this.#tx = tx;
    this.#statistics = statistics;
    this.#jobExecutionId = jobExecutionId;
    this.#signal = signal;
    this.#cards = cards;
    this.#dates = dates;
  }

  async settle(date: string): Promise<Partial<StepCounts>> {
    const later = [...this.#dates.keys()].filter((one) => one > date && this.#isSettled(one));
    const wasPassedOver = this.#dates.has(date) && !this.#isSettled(date);
    if (!this.#isClosed(date)) this.#mark(date, { jobExecutionId: this.#jobExecutionId });
    const readCount = await this.#settleDate(date, later.length === 0 || wasPassedOver ? undefined : later);
    // Later dates were priced over statistics that no run has settled, of which nothing says what they were.
    if (wasPassedOver) for (const next of later) await this.#settleDate(next, undefined);
    for (const passed of await readDatesPassedOver(this.#statistics, date)) this.#mark(passed, {});
    const dates = [...this.#datesChanged].map((one) => this.#dates.get(one) as SettlementDate);
    await writeSettlementDates(this.#database, this.#tx, dates);
    return { readCount, writeCount: this.#written };
  }

  /** @param later settled dates on which videos are to be priced again where their counts have changed */
  async #settleDate(date: string, later: readonly string[] | undefined): Promise<number> {
    const countsBefore = await CountsBefore.of(this.#statistics, date);
    let dates: readonly string[] | undefined;
    let read = 0;
    for (let from = idMin; ; ) {
      const videos = await readVideosOfDates(this.#statistics, [date], { from, to: idMax }, rowsAPage);
      const last = videos.length < rowsAPage ? idMax : videos[videos.length - 1].videoId;
      const known = await this.#readPosted([date], { from, to: last }, videos);
      const ids = idsOf(known);
      const counts = await countsBefore.read(ids);
      const changed = this.#price(date, known, counts);
      await this.#flush();
      if (later !== undefined && changed.length > 0) {
        dates ??= await this.#datesAfter(date, later);
        for (const page of pagesOf(changed, ids.length)) await this.#priceAgain(dates, page, changed, counts);
      }
      read += videos.length;
      if (last === idMax) return read;
      from = last + 1n;
    }
  }

  /** Prices changed videos on the dates, in whose order `counts` goes along. */
  async #priceAgain(
    dates: readonly string[],
    page: VideoPage,
    changed: readonly bigint[],
    counts: Map<bigint, Counts>,
  ): Promise<void> {
    const ids = new Set('ids' in page ? page.ids : changed);
    const step = Math.max(1, Math.floor(rowsAPage / ids.size));
    for (let at = 0; at < dates.length; at += step) {
      const some = dates.slice(at, at + step);
      const all = await this.#readPosted(some, page, await readVideosOfDates(this.#statistics, some, page));
      const isChanged = ({ videoId }: { readonly videoId: bigint }) => ids.has(videoId);
      const videos = Map.groupBy(all.videos.filter(isChanged), (row) => row.date);
      const settled = Map.groupBy(all.settled.filter(isChanged), (row) => row.date);
      const adjusted = Map.groupBy(all.adjusted.filter(isChanged), (row) => row.correctedDate);
      for (const date of some) {
        const known = {
          videos: videos.get(date) ?? [],
          settled: settled.get(date) ?? [],
          adjusted: adjusted.get(date) ?? [],
        };
        if (this.#isSettled(date)) this.#price(date, known, counts);
        else for (const video of known.videos) counts.set(video.videoId, countsThrough(video, counts));
      }
      await this.#flush();
    }
  }

  async #readPosted(dates: readonly string[], page: VideoPage, videos: readonly VideoOfDate[]): Promise<KnownVideos> {
    this.#signal.throwIfAborted();
    const settled = dates.filter((date) => this.#isSettled(date));
    const closed = dates.filter((date) => this.#isClosed(date));
    return {
      videos,
      settled: settled.length === 0 ? [] : await readSettlements(this.#tx, settled, page),
      adjusted: closed.length === 0 ? [] : await readAdjustments(this.#tx, closed, page),
    };
  }

  /**
   * Prices videos on a date. `counts` holds what they had before it, and afterwards what they have through it.
   * @returns the videos of which that is not what was known
   */
  #price(date: string, { videos, settled, adjusted }: KnownVideos, counts: Map<bigint, Counts>): bigint[] {
    const current = new Map(settled.map((row) => [row.videoId, row]));
    const corrections = new Map<bigint, Adjustment[]>();
    for (const row of adjusted) {
      const list = corrections.get(row.videoId);
      if (list === undefined) corrections.set(row.videoId, [row]);
      else list.push(row);
    }
    const changed: bigint[] = [];
    const seen = new Set<bigint>();
    const take = (video: VideoOfDate) => {
      const { videoId } = video;
      if (seen.has(videoId)) return;
      seen.add(videoId);
      const isKnown = this.#take(video, counts, current.get(videoId), corrections.get(videoId) ?? []);
      if (!isKnown) changed.push(videoId);
    };
    for (const video of videos) take(video);
    // Settled or adjusted once, but by now without a counted view on the date: nothing is due any more.
    for (const { videoId, creatorId } of [...settled, ...adjusted]) {
      take({ date, videoId, creatorId, views: 0n, ads: 0n });
    }
    return changed;
  }

  /** @returns whether the video's counts through the date are what is known of it */
  #take(
    video: VideoOfDate,
    counts: Map<bigint, Counts>,
    current: Settlement | undefined,
    corrections: readonly Adjustment[],
  ): boolean {
    const { date, videoId, creatorId } = video;
    const before = counts.get(videoId) ?? none;
    const through = countsThrough(video, counts);
    counts.set(videoId, through);
    const card = requireCardInForce(this.#cards, date);
    const priced = priceVideo({ date, card, jobExecutionId: this.#jobExecutionId }, videoId, creatorId, {
      viewsBefore: before.views,
      viewsAfter: through.views,
      adsBefore: before.ads,
      adsAfter: through.ads,
    });
    if (this.#isClosed(date)) this.#correct(date, priced, current, corrections);
    else if (current?.inputDigest !== priced.inputDigest) this.#revise(date, priced, current);
    const known = corrections.at(-1) ?? current;
    return known?.viewsAfter === through.views && known.adsAfter === through.ads;
  }

  /** The next revision, and the one that it supersedes. */
  #revise(date: string, priced: PricedVideo, current: Settlement | undefined): void {
    if (current !== undefined) this.#superseded.push(current);
    if (current !== undefined) this.changes.revise(date, wonOf(current), wonOf(priced));
    this.#settlements.push({ date, ...priced, revision: (current?.revision ?? 0) + 1, isCurrent: true });
    this.#markDue(date);
  }

  #correct(
    date: string,
    priced: PricedVideo,
    current: Settlement | undefined,
    corrections: readonly Adjustment[],
  ): void {
    const posted = current === undefined ? corrections : [current, ...corrections];
    const due = adjustmentsOf(priced, posted);
    if (due.length === 0) return;
    const corrected = current?.jobExecutionId ?? this.#dates.get(date)?.jobExecutionId;
    if (corrected === undefined || corrected === null) throw new Error(`${date} is closed, but was never settled`);
    const bookedDate = this.#openDateAfter(date);
    due.forEach((amounts, i) => {
      const adjustmentNo = corrections.length + i + 1;
      const about = { correctedDate: date, adjustmentNo, correctedJobExecutionId: corrected, bookedDate };
      this.#adjustments.push({ ...priced, ...amounts, ...about });
    });
    const won = due.reduce((sum, amounts) => sum + wonOf(amounts), 0n);
    this.changes.book(date, bookedDate, won);
    this.#markDue(bookedDate);
  }

  async #flush(): Promise<void> {
    await writeSettlements(this.#database, this.#tx, this.#superseded, this.#settlements);
    await insertAdjustments(this.#database, this.#tx, this.#adjustments);
    this.#written += this.#settlements.length + this.#adjustments.length;
    this.#superseded = [];
    this.#settlements = [];
    this.#adjustments = [];
  }

  /** Those that have statistics, and those that are settled, up to the last one that is. */
  async #datesAfter(date: string, settled: readonly string[]): Promise<string[]> {
    const withStatistics = await readDatesAfter(this.#statistics, date, settled[settled.length - 1]);
    return [...new Set([...withStatistics, ...settled])].sort();
  }

  #isSettled(date: string): boolean {
    return (this.#dates.get(date)?.jobExecutionId ?? null) !== null;
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

  /** Once a run, for each date where something changes. */
  #markDue(date: string): void {
    if (this.#datesDue.has(date)) return;
    this.#datesDue.add(date);
    this.#mark(date, { creditsDue: (this.#dates.get(date)?.creditsDue ?? 0) + 1 });
  }

  #mark(date: string, change: Partial<SettlementDate>): void {
    const known = this.#dates.get(date) ?? { date, jobExecutionId: null, creditsDue: 0, closedAt: null };
    this.#dates.set(date, { ...known, ...change });
    this.#datesChanged.add(date);
  }
}

const none: Counts = { views: 0n, ads: 0n };

function countsThrough({ videoId, views, ads }: VideoOfDate, counts: ReadonlyMap<bigint, Counts>): Counts {
  const before = counts.get(videoId) ?? none;
  return { views: before.views + views, ads: before.ads + ads };
}

/** All videos that something is known of, ascending. */
function idsOf({ videos, settled, adjusted }: KnownVideos): bigint[] {
  if (settled.length === 0 && adjusted.length === 0) return videos.map(({ videoId }) => videoId);
  const ids = new Set([...videos, ...settled, ...adjusted].map(({ videoId }) => videoId));
  return [...ids].sort((a, b) => (a < b ? -1 : 1));
}

/** Of a page of so many videos, those that have changed: by their ids in groups, or all from the first to the last. */
function pagesOf(changed: readonly bigint[], videos: number): VideoPage[] {
  if (changed.length > idsMax && changed.length * 4 > videos) {
    const sorted = [...changed].sort((a, b) => (a < b ? -1 : 1));
    return [{ from: sorted[0], to: sorted[sorted.length - 1] }];
  }
  const pages: VideoPage[] = [];
  for (let at = 0; at < changed.length; at += idsMax) pages.push({ ids: changed.slice(at, at + idsMax) });
  return pages;
}

function wonOf({ viewAmount, adAmount }: Pick<PricedVideo, 'viewAmount' | 'adAmount'>): bigint {
  return viewAmount + adAmount;
}
