/**
 * Gives every row of one partition its verdict (domain.md section 2) and sums what counts. Pure: rows come in as
 * columns in order of id, results go out at the end of a chunk, and the state between chunks can be saved and restored.
 *
 * Rows within the date, and those of a short look-back before it, go through PendingViews into order of time and then
 * through PairWindow. What cannot be decided with this partition's rows alone goes out as open views.
 */
import { SettleError } from '../errors.ts';
import { IntervalCursor, type IntervalSet } from './intervals.ts';
import { OpenViews } from './open-views.ts';
import { Observation, PairWindow } from './pair-window.ts';
import { notPending, PendingViews } from './pending-views.ts';
import { invalidReason, noVerdicts, type QuarantineReason, type VerdictCounts, type ViewPolicy } from './verdict.ts';
import type { VideoDirectory } from './video-directory.ts';
import { type EncodedSums, VideoSums } from './video-sums.ts';

/** Rows of the view log as columns. NULL is: `nulls` bit for ids (1 video, 2 viewer: see bits), NaN for the others. */
export interface ViewColumns {
  readonly size: number;
  readonly idWords: Int32Array;
  readonly videoWords: Int32Array;
  readonly viewerWords: Int32Array;
  /** Milliseconds since 1970; NaN: undated. */
  readonly viewedAt: Float64Array;
  readonly playSeconds: Float64Array;
  readonly adViews: Float64Array;
  /** Bit c is set when column c (in the order id, video, viewer, viewed_at, play_seconds, ad_views) is NULL. */
  readonly nulls: Uint8Array;
}

const videoNullBit = 1 << 1;
const viewerNullBit = 1 << 2;
const playSecondsNullBit = 1 << 4;
const adViewsNullBit = 1 << 5;

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

export class ViewJudge {
  readonly #frame: JudgeFrame;
  readonly #videos: VideoDirectory;
  /** `viewer:video` of the pairs that have a stray row: all their views are left open. */
  readonly #strayPairs: ReadonlySet<string>;
  readonly #contested: IntervalCursor;
  readonly #window: PairWindow;
  readonly #pending = new PendingViews();
  readonly #sums: VideoSums;
  readonly #open = new OpenViews();
  #verdicts = noVerdicts();
  #openOfDay = 0;
  #quarantined: QuarantinedView[] = [];
  /** Views before this time have been taken through the window; relative to the look-back's start. */
  #settledUntil = 0;

  /**
   * @param contested times (milliseconds since 1970) at which a row of another partition may lie less than a window
   *   before, or at the same time
   */
  constructor(frame: JudgeFrame, videos: VideoDirectory, contested: IntervalSet, strayPairs: ReadonlySet<string>) {
    this.#frame = frame;
    this.#videos = videos;
    this.#strayPairs = strayPairs;
    this.#contested = new IntervalCursor(contested);
    this.#window = new PairWindow(frame.policy.repeatWindowMs);
    this.#sums = new VideoSums(videos.size);
  }

  /**
   * Room for the next rows, in order of id: the caller fills it and has them judged by `take`. No rows may be asked for
   * before those of the last room were taken.
   */
  room(rows: number): ViewColumns {
    return this.#pending.room(rows);
  }

  /**
   * Takes the next `count` rows of the room, which must lie within one run of ids whose known times are
   * [zoneMinMs, zoneMaxMs]: a view outside them that is not a known stray means that the plan no longer fits the log.
   * @throws SettleError PLAN_OUTDATED
   */
  take(count: number, zoneMinMs: number, zoneMaxMs: number): void {
    const { dayStartMs, dayEndMs, lookbackStartMs, policy } = this.#frame;
    const rows = this.#pending;
    const { idWords, videoWords, viewerWords, viewedAt, playSeconds, adViews, nulls, videos: numbers } = rows;
    const videos = this.#videos;
    const { creatorWords } = videos;
    const from = rows.count;
    const to = from + count;
    let outside = 0;
    for (let row = from; row < to; row++) {
      const time = viewedAt[row];
      numbers[row] = notPending;
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
      if (video < 0 || nulls[row] !== 0 || !(play >= 0 && play <= policy.playSecondsMax) || !(ads >= 0)) {
        if (ofDay) this.#quarantine(rows, row, this.#reason(rows, row, video));
        continue;
      }
      if (
        creatorWords[2 * video] === viewerLo &&
        creatorWords[2 * video + 1] === viewerHi &&
        videos.isCreatorKnown(video)
      ) {
        if (ofDay) this.#verdicts.self++;
        continue;
      }
      const known = time >= zoneMinMs && time <= zoneMaxMs;
      if (this.#strayPairs.size > 0 || !known) {
        const stray = this.#strayPairs.has(pairKey(viewerLo, viewerHi, videoLo, videoHi));
        if (!stray && !known) throw outdatedPlan(idWords, row);
        if (stray) {
          this.#leaveOpen(
            idWords[2 * row],
            idWords[2 * row + 1],
            viewerLo,
            viewerHi,
            videoLo,
            videoHi,
            time,
            play,
            ads,
          );
          continue;
        }
      }
      numbers[row] = video;
    }
    rows.count = to;
    this.#verdicts.outside += outside;
  }

  /**
   * Decides the pending views before `watermarkMs`: the promise that every row still to come is at it or later.
   * @param watermarkMs milliseconds since 1970; Infinity at the end of the partition
   */
  settle(watermarkMs: number): void {
    const { dayStartMs, dayEndMs, lookbackStartMs, policy } = this.#frame;
    const watermark = Math.min(watermarkMs, dayEndMs);
    if (watermark - lookbackStartMs <= this.#settledUntil) {
      // Nothing can be decided, but rows that have their verdict make room.
      this.#pending.removeDue(Number.NEGATIVE_INFINITY);
      return;
    }
    const { idWords, viewerWords, videos, viewedAt, playSeconds, adViews } = this.#pending;
    const videoIds = this.#videos;
    const { repeatWindowMs } = policy;
    const contested = this.#contested;
    const sums = this.#sums;
    let counted = 0;
    let repeat = 0;
    let contestedNow = false;
    let nextStart = Number.NEGATIVE_INFINITY;
    // Up to here both are as they were found last.
    let sameUntil = Number.NEGATIVE_INFINITY;
    const due = this.#pending.due(watermark);
    for (let i = 0; i < due.length; i++) {
      const at = due[i];
      const time = viewedAt[at];
      const viewerLo = viewerWords[2 * at];
      const viewerHi = viewerWords[2 * at + 1];
      const video = videos[at];
      if (time >= sameUntil) {
        contestedNow = contested.contains(time);
        nextStart = contestedNow ? Number.NEGATIVE_INFINITY : contested.nextStart(time);
        sameUntil = contestedNow ? contested.end(time) : nextStart;
      }
      const seen = this.#window.observe(viewerLo, viewerHi, video, time - lookbackStartMs, contestedNow);
      if (seen === Observation.counted) {
        if (time >= dayStartMs) {
          counted++;
          sums.add(video, adViews[at], playSeconds[at]);
        }
        // Its window reaches into a time at which other partitions have rows.
        if (time + repeatWindowMs <= nextStart) continue;
      } else if (seen === Observation.repeat) {
        if (time >= dayStartMs) repeat++;
        continue;
      } else if (time >= dayStartMs) this.#openOfDay++;
      this.#open.add(
        idWords[2 * at],
        idWords[2 * at + 1],
        viewerLo,
        viewerHi,
        videoIds.idLo(video),
        videoIds.idHi(video),
        time,
        playSeconds[at],
        adViews[at],
        seen === Observation.counted ? 1 : 0,
      );
    }
    this.#verdicts.counted += counted;
    this.#verdicts.repeat += repeat;
    this.#pending.removeDue(watermark);
    this.#settledUntil = watermark - lookbackStartMs;
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

  /** Rows that were read and wait for their verdict. */
  get pendingCount(): number {
    return this.#pending.count;
  }

  /** The state between two chunks (after `drain`), as bytes. */
  save(): Buffer {
    const window = this.#window.save(this.#settledUntil);
    // Videos are saved by id: dense numbers may be others after a restart.
    const byId = new Int32Array(3 + ((window.length - 1) / 4) * 5);
    byId[0] = this.#settledUntil;
    byId[1] = byId.length;
    byId[2] = window[0];
    for (let from = 1, to = 3; from < window.length; from += 4, to += 5) {
      const video = window[from + 2];
      byId[to] = window[from];
      byId[to + 1] = window[from + 1];
      byId[to + 2] = this.#videos.idLo(video);
      byId[to + 3] = this.#videos.idHi(video);
      byId[to + 4] = window[from + 3];
    }
    return Buffer.concat([Buffer.from(byId.buffer), this.#pending.save(this.#videos, this.#frame.lookbackStartMs)]);
  }

  /**
   * Puts back what `save` gave, into a judge that has taken nothing.
   * @throws SettleError PLAN_OUTDATED when a video was removed meanwhile
   */
  restore(saved: Buffer): void {
    const byId = new Int32Array(new Uint8Array(saved.subarray(0, 4 * saved.readInt32LE(4))).buffer);
    const window = new Int32Array(1 + ((byId.length - 3) / 5) * 4);
    window[0] = byId[2];
    for (let from = 3, to = 1; from < byId.length; from += 5, to += 4) {
      window[to] = byId[from];
      window[to + 1] = byId[from + 1];
      window[to + 2] = this.#denseVideo(byId[from + 2], byId[from + 3]);
      window[to + 3] = byId[from + 4];
    }
    this.#settledUntil = byId[0];
    this.#window.restore(window);
    const numberOf = (lo: number, hi: number) => this.#denseVideo(lo, hi);
    this.#pending.restore(saved.subarray(4 * byId.length), numberOf, this.#frame.lookbackStartMs);
  }

  #denseVideo(lo: number, hi: number): number {
    const video = this.#videos.find(lo, hi);
    if (video >= 0) return video;
    throw new SettleError('PLAN_OUTDATED', 1, `video ${joinWords(lo, hi)} was removed while its views were counted`);
  }

  #leaveOpen(
    idLo: number,
    idHi: number,
    viewerLo: number,
    viewerHi: number,
    videoLo: number,
    videoHi: number,
    time: number,
    play: number,
    ads: number,
  ): void {
    this.#open.add(idLo, idHi, viewerLo, viewerHi, videoLo, videoHi, time, play, ads, 0);
    if (time >= this.#frame.dayStartMs) this.#openOfDay++;
  }

  #reason(rows: PendingViews, row: number, video: number): QuarantineReason {
    const nulls = rows.nulls[row];
    if (video < 0 || (nulls & videoNullBit) !== 0) return 'unknown-video';
    const play = (nulls & playSecondsNullBit) !== 0 ? Number.NaN : rows.playSeconds[row];
    const ads = (nulls & adViewsNullBit) !== 0 ? Number.NaN : rows.adViews[row];
    const reason = invalidReason(this.#frame.policy, (nulls & viewerNullBit) === 0, play, ads);
    if (reason === undefined) throw new Error('a valid view was taken for an invalid one');
    return reason;
  }

  #quarantine(rows: PendingViews, row: number, reason: QuarantineReason): void {
    this.#verdicts[reason === 'undated' ? 'undated' : 'invalid']++;
    const nulls = rows.nulls[row];
    const int64 = (words: Int32Array, bit: number) =>
      (nulls & bit) !== 0 ? null : joinWords(words[2 * row], words[2 * row + 1]).toString();
    this.#quarantined.push({
      id: joinWords(rows.idWords[2 * row], rows.idWords[2 * row + 1]),
      reason,
      payload: {
        video_id: int64(rows.videoWords, videoNullBit),
        viewer_id: int64(rows.viewerWords, viewerNullBit),
        viewed_at: Number.isNaN(rows.viewedAt[row]) ? null : new Date(rows.viewedAt[row]).toISOString(),
        play_seconds: (nulls & playSecondsNullBit) !== 0 ? null : rows.playSeconds[row],
        ad_views: (nulls & adViewsNullBit) !== 0 ? null : rows.adViews[row],
      },
    });
  }
}

/** Identity of a pair as text; for the rare look-ups only. */
export function pairKey(viewerLo: number, viewerHi: number, videoLo: number, videoHi: number): string {
  return `${viewerHi},${viewerLo}:${videoHi},${videoLo}`;
}

/** The signed 64-bit integer of two words. */
export function joinWords(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** The two words of a signed 64-bit integer. */
export function splitWords(value: bigint): [lo: number, hi: number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}

function outdatedPlan(idWords: Int32Array, row: number): SettleError {
  const id = joinWords(idWords[2 * row], idWords[2 * row + 1]);
  return new SettleError('PLAN_OUTDATED', 1, `row ${id} turned up after the plan was made`, {
    hint: 'Run the date again; the plan will take it in.',
  });
}
