/**
 * Gives every row of one partition its verdict (domain.md section 2) and sums what counts. Pure: rows come in as
 * columns in order of id, results go out at the end of a chunk, and the state between chunks can be saved and restored.
 *
 * Rows within the date, and those of a short look-back before it, go through RepeatWindow. What cannot be decided with
 * this partition's rows alone goes out as open views.
 */
import { planOutdated, type SettleError } from '../../../errors.ts';
import { joinWords } from '../../../rules/words.ts';
import { type IntervalSet, stretchAt } from './intervals.ts';
import { OpenViews } from './open-views.ts';
import { Observation, RepeatWindow, timesMax } from './repeat-window.ts';
import { restoreWindow, saveWindow } from './saved-window.ts';
import { invalidReason, noVerdicts, type QuarantineReason, type VerdictCounts, type ViewPolicy } from './verdict.ts';
import type { VideoDirectory } from './video-directory.ts';
import { type EncodedSums, VideoSums } from './video-sums.ts';

/** Rows of the view log as columns. NULL is a bit in `nulls`, and 0 in its column; NaN in that of times. */
export interface ViewColumns {
  readonly idWords: Int32Array;
  readonly videoWords: Int32Array;
  readonly viewerWords: Int32Array;
  /** Milliseconds since 1970; NaN: undated. */
  readonly viewedAt: Float64Array;
  readonly playSeconds: Float64Array;
  readonly adViews: Float64Array;
  /** Bit c is set when column c (in the order id, video, viewer, viewed_at, play_seconds, ad_views) is NULL. */
  readonly nulls: Int32Array;
  /** What stands where a NULL is because the column cannot hold it; undefined for a real NULL. Asked of bad rows only. */
  keptText?(row: number, column: number): string | undefined;
}

const videoColumn = 1;
const viewerColumn = 2;
const playSecondsColumn = 4;
const adViewsColumn = 5;
const videoNullBit = 1 << videoColumn;
const viewerNullBit = 1 << viewerColumn;
const playSecondsNullBit = 1 << playSecondsColumn;
const adViewsNullBit = 1 << adViewsColumn;

export interface QuarantinedView {
  readonly id: bigint;
  readonly reason: QuarantineReason;
  /** The row as it was read; null for NULL; 64-bit numbers as text. */
  readonly payload: Record<string, string | number | null>;
}

/** The instants that frame a run; milliseconds since 1970. */
export interface JudgeFrame {
  readonly dayStartMs: number;
  readonly dayEndMs: number;
  /** Rows from here on are looked at, to know the windows that are open at the start of the day. */
  readonly lookbackStartMs: number;
  readonly policy: ViewPolicy;
}

export interface JudgedChunk {
  /** Rows by verdict. Rows of the date that went out as open views are in none of them yet. */
  readonly verdicts: VerdictCounts;
  /** By bucket of videos; none when nothing was counted. */
  readonly sums: readonly EncodedSums[];
  /** Encoded OpenViews by bucket. */
  readonly open: Map<number, Buffer>;
  /** Open views of the date: they get their verdict in the merge. */
  readonly openOfDay: number;
  readonly quarantined: readonly QuarantinedView[];
}

/** Views whose sums are fetched together: they fit the first-level cache. */
const groupViews = 256;

export class ViewJudge {
  readonly #frame: JudgeFrame;
  readonly #videos: VideoDirectory;
  /** `viewer:video` of the pairs that have a stray row: all their views are left open. */
  readonly #strayPairs: ReadonlySet<string>;
  readonly #contested: IntervalSet;
  readonly #window: RepeatWindow;
  readonly #sums: VideoSums;
  readonly #open = new OpenViews();
  #verdicts = noVerdicts();
  #openOfDay = 0;
  #quarantined: QuarantinedView[] = [];
  /** The rows of a batch that become views, and the numbers of their videos. */
  #accepted = new Int32Array(0);
  #numbers = new Int32Array(0);
  /** From `#sameFrom` on and before `#sameUntil` (times relative to the look-back's start) the other two hold. */
  #sameFrom = 0;
  #sameUntil = 0;
  #contestedNow = false;
  /** When the next contested time begins. */
  #nextStart = 0;
  /** Written, never read: without it the compiler might leave out the fetching of what is not looked at yet. */
  fetched = 0;
  /** Views before this time have been taken through the window; relative to the look-back's start. */
  #settledUntil = 0;

  /**
   * @param contested times (milliseconds since 1970) at which a row of another partition may lie less than a window
   *   before, or at the same time
   */
  constructor(frame: JudgeFrame, videos: VideoDirectory, contested: IntervalSet, strayPairs: ReadonlySet<string>) {
    if (frame.dayEndMs - frame.lookbackStartMs >= timesMax) throw new RangeError('a frame of more than twelve days');
    this.#frame = frame;
    this.#videos = videos;
    this.#strayPairs = strayPairs;
    this.#contested = contested;
    this.#window = new RepeatWindow(frame.policy.repeatWindowMs);
    this.#sums = new VideoSums(videos.size);
  }

  /**
   * Takes rows `from` to `to - 1` of a batch, the next in order of id, which must lie within one run of ids whose known
   * times are [zoneMinMs, zoneMaxMs]: a view outside them that is not a known stray means that the plan no longer fits
   * the log. Keeps nothing of the batch.
   * @throws SettleError PLAN_OUTDATED
   */
  take(rows: ViewColumns, from: number, to: number, zoneMinMs: number, zoneMaxMs: number): void {
    const { dayStartMs, dayEndMs, lookbackStartMs, policy } = this.#frame;
    const { playSecondsMax } = policy;
    const { idWords, videoWords, viewerWords, viewedAt, playSeconds, adViews, nulls } = rows;
    const videos = this.#videos;
    const noStrays = this.#strayPairs.size === 0;
    if (this.#accepted.length < to - from) {
      this.#accepted = new Int32Array(to - from);
      this.#numbers = new Int32Array(to - from);
    }
    const accepted = this.#accepted;
    const numbers = this.#numbers;
    let count = 0;
    let outside = 0;
    for (let row = from; row < to; row++) {
      const time = viewedAt[row];
      if (!(time >= lookbackStartMs && time < dayEndMs)) {
        if (Number.isNaN(time)) this.#quarantine(rows, row, 'undated');
        else outside++;
        continue;
      }
      const ofDay = time >= dayStartMs;
      if (!ofDay) outside++;
      const videoLo = videoWords[2 * row];
      const videoHi = videoWords[2 * row + 1];
      const viewerLo = viewerWords[2 * row];
      const viewerHi = viewerWords[2 * row + 1];
      const play = playSeconds[row];
      const ads = adViews[row];
      const video = videos.find(videoLo, videoHi);
      // One test for the ordinary row; what exactly is wrong is asked only where something is.
      if (video < 0 || nulls[row] !== 0 || !(play >= 0 && play <= playSecondsMax) || !(ads >= 0)) {
        if (ofDay) this.#quarantine(rows, row, this.#reason(rows, row, video));
        continue;
      }
      if (videos.isBy(video, viewerLo, viewerHi)) {
        if (ofDay) this.#verdicts.self++;
        continue;
      }
      const known = time >= zoneMinMs && time <= zoneMaxMs;
      if (!noStrays || !known) {
        const stray = this.#strayPairs.has(pairKey(viewerLo, viewerHi, videoLo, videoHi));
        if (!stray && !known) throw outdatedPlan(idWords, row);
        if (stray) {
          this.#leaveStrayOpen(rows, row);
          continue;
        }
      }
      accepted[count] = row;
      numbers[count++] = video;
    }
    this.#window.add(rows, accepted, numbers, count, lookbackStartMs);
    this.#verdicts.outside += outside;
  }

  /**
   * Decides the waiting views before `watermarkMs`: the promise that every row still to come is at it or later.
   * @param watermarkMs milliseconds since 1970; Infinity at the end of the partition
   */
  settle(watermarkMs: number): void {
    const { dayEndMs, lookbackStartMs } = this.#frame;
    const watermark = Math.min(watermarkMs, dayEndMs) - lookbackStartMs;
    if (watermark <= this.#settledUntil) return;
    const { alone, inCompany } = this.#window.due(watermark);
    this.#decide(alone, true);
    this.#decide(inCompany, false);
    this.#window.forget(watermark);
    this.#settledUntil = watermark;
  }

  /**
   * Touches the sums that a group of views will be added to. No step of this loop waits for another, so the processor
   * fetches many at a time; adding view by view, it would wait for memory at each.
   */
  #fetchSums(positions: Int32Array, from: number, to: number): void {
    const { videos } = this.#window;
    const sums = this.#sums;
    let fetched = 0;
    for (let i = from; i < to; i++) fetched ^= sums.touch(videos[positions[i]]);
    this.fetched = fetched;
  }

  /** @param areAlone whether each is the only view of its pair, as `due` has told them apart */
  #decide(positions: Int32Array, areAlone: boolean): void {
    for (let from = 0; from < positions.length; from += groupViews) {
      const to = Math.min(positions.length, from + groupViews);
      this.#fetchSums(positions, from, to);
      this.#decideGroup(positions, from, to, areAlone);
    }
  }

  #decideGroup(positions: Int32Array, from: number, to: number, areAlone: boolean): void {
    const { dayStartMs, lookbackStartMs, policy } = this.#frame;
    const { repeatWindowMs } = policy;
    const dayStart = dayStartMs - lookbackStartMs;
    const window = this.#window;
    const { times, videos, adViews, playSeconds } = window;
    const sums = this.#sums;
    let counted = 0;
    let repeat = 0;
    for (let i = from; i < to; i++) {
      const at = positions[i];
      const time = times[at];
      if (time < this.#sameFrom || time >= this.#sameUntil) this.#lookAround(time);
      const contested = this.#contestedNow;
      const seen = areAlone ? window.observeAlone(at, contested) : window.observe(at, contested);
      if (seen === Observation.repeat) {
        if (time >= dayStart) repeat++;
        continue;
      }
      const isCounted = seen === Observation.counted;
      if (isCounted && time >= dayStart) {
        counted++;
        sums.add(videos[at], adViews[at], playSeconds[at]);
      }
      // Its window may reach into a time at which other partitions have rows.
      if (!isCounted || time + repeatWindowMs > this.#nextStart) this.#leaveOpen(at, isCounted);
    }
    this.#verdicts.counted += counted;
    this.#verdicts.repeat += repeat;
  }

  /** Finds out whether the time is contested, and from when until when that is as it is. */
  #lookAround(time: number): void {
    const { lookbackStartMs } = this.#frame;
    const { isInside, from, until } = stretchAt(this.#contested, time + lookbackStartMs);
    this.#contestedNow = isInside;
    this.#sameFrom = from - lookbackStartMs;
    this.#sameUntil = until - lookbackStartMs;
    this.#nextStart = isInside ? Number.NEGATIVE_INFINITY : this.#sameUntil;
  }

  /**
   * The results since the last call.
   * @param buckets into which open views are spread
   * @param videoBounds of the buckets of sums: see VideoSums.drain
   */
  drain(buckets: number, videoBounds: readonly number[] = []): JudgedChunk {
    const chunk: JudgedChunk = {
      verdicts: this.#verdicts,
      sums: this.#sums.drain(this.#videos, videoBounds),
      open: this.#open.drain(buckets),
      openOfDay: this.#openOfDay,
      quarantined: this.#quarantined,
    };
    this.#verdicts = noVerdicts();
    this.#openOfDay = 0;
    this.#quarantined = [];
    return chunk;
  }

  /** Rows for the quarantine since the last `drain`. */
  get quarantinedCount(): number {
    return this.#quarantined.length;
  }

  /** The state between two chunks (after `drain`), as bytes. */
  save(): Buffer {
    return saveWindow(this.#window, this.#videos, this.#settledUntil);
  }

  /**
   * Puts back what `save` gave, into a judge that has taken nothing.
   * @throws SettleError PLAN_OUTDATED when a video was removed meanwhile
   */
  restore(saved: Buffer): void {
    this.#settledUntil = restoreWindow(this.#window, saved, (lo, hi) => this.#denseVideo(lo, hi));
  }

  #denseVideo(lo: number, hi: number): number {
    const video = this.#videos.find(lo, hi);
    if (video >= 0) return video;
    throw planOutdated(`video ${joinWords(lo, hi)} was removed while its views were counted`);
  }

  /** Leaves a row of a stray pair to the merge. */
  #leaveStrayOpen(rows: ViewColumns, row: number): void {
    const { idWords, viewerWords, videoWords, viewedAt, playSeconds, adViews } = rows;
    this.#open.add({
      idLo: idWords[2 * row],
      idHi: idWords[2 * row + 1],
      viewerLo: viewerWords[2 * row],
      viewerHi: viewerWords[2 * row + 1],
      videoLo: videoWords[2 * row],
      videoHi: videoWords[2 * row + 1],
      time: viewedAt[row],
      playSeconds: playSeconds[row],
      adViews: adViews[row],
      isSeed: false,
    });
    if (viewedAt[row] >= this.#frame.dayStartMs) this.#openOfDay++;
  }

  /** @param isCounted it counts already, and is there for the views after it */
  #leaveOpen(at: number, isCounted: boolean): void {
    const { idWords, viewerWords, videos, times, playSeconds, adViews } = this.#window;
    const { dayStartMs, lookbackStartMs } = this.#frame;
    const video = videos[at];
    const time = times[at] + lookbackStartMs;
    this.#open.add({
      idLo: idWords[2 * at],
      idHi: idWords[2 * at + 1],
      viewerLo: viewerWords[2 * at],
      viewerHi: viewerWords[2 * at + 1],
      videoLo: this.#videos.idLo(video),
      videoHi: this.#videos.idHi(video),
      time,
      playSeconds: playSeconds[at],
      adViews: adViews[at],
      isSeed: isCounted,
    });
    if (!isCounted && time >= dayStartMs) this.#openOfDay++;
  }

  #reason(rows: ViewColumns, row: number, video: number): QuarantineReason {
    const nulls = rows.nulls[row];
    if (video < 0 || (nulls & videoNullBit) !== 0) return 'unknown-video';
    const play = (nulls & playSecondsNullBit) !== 0 ? Number.NaN : rows.playSeconds[row];
    const ads = (nulls & adViewsNullBit) !== 0 ? Number.NaN : rows.adViews[row];
    const reason = invalidReason(this.#frame.policy, (nulls & viewerNullBit) === 0, play, ads);
    if (reason === undefined) throw new Error('a valid view was taken for an invalid one');
    const isKept = (column: number) => rows.keptText?.(row, column) !== undefined;
    if (reason === 'missing-viewer' && isKept(viewerColumn)) return 'unreadable-viewer';
    if (reason === 'missing-play-seconds' && isKept(playSecondsColumn)) return 'unreadable-play-seconds';
    if (reason === 'missing-ad-views' && isKept(adViewsColumn)) return 'unreadable-ad-views';
    return reason;
  }

  #quarantine(rows: ViewColumns, row: number, reason: QuarantineReason): void {
    this.#verdicts[reason === 'undated' ? 'undated' : 'invalid']++;
    const nulls = rows.nulls[row];
    const orKeptText = (column: number, value: () => string | number) =>
      (nulls & (1 << column)) === 0 ? value() : (rows.keptText?.(row, column) ?? null);
    const int64 = (words: Int32Array, column: number) =>
      orKeptText(column, () => joinWords(words[2 * row], words[2 * row + 1]).toString());
    this.#quarantined.push({
      id: joinWords(rows.idWords[2 * row], rows.idWords[2 * row + 1]),
      reason,
      payload: {
        video_id: int64(rows.videoWords, videoColumn),
        viewer_id: int64(rows.viewerWords, viewerColumn),
        viewed_at: Number.isNaN(rows.viewedAt[row]) ? null : new Date(rows.viewedAt[row]).toISOString(),
        play_seconds: orKeptText(playSecondsColumn, () => rows.playSeconds[row]),
        ad_views: orKeptText(adViewsColumn, () => rows.adViews[row]),
      },
    });
  }
}

/** Identity of a pair as text; for the rare look-ups only. */
export function pairKey(viewerLo: number, viewerHi: number, videoLo: number, videoHi: number): string {
  return `${viewerHi},${viewerLo}:${videoHi},${videoLo}`;
}

function outdatedPlan(idWords: Int32Array, row: number): SettleError {
  const id = joinWords(idWords[2 * row], idWords[2 * row + 1]);
  return planOutdated(`row ${id} turned up after the plan was made`, {
    hint: 'Run the date again; the plan will take it in.',
  });
}
