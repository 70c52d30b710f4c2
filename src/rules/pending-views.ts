/**
 * Rows that wait for their turn: they arrive in order of id, the repeat rule wants them in order of time, and a view's
 * turn has come when no row that is still to be read can be earlier (the watermark). Holds as many rows as the log is
 * disordered, and gives them up sorted by (time, arrival), which is (viewed_at, id).
 *
 * Rows are read straight into these columns (`room`), so that none is copied but those that are left over.
 */
import { radixSort } from './radix-sort.ts';
import type { NumberedIds } from './video-sums.ts';
import type { ViewColumns } from './view-judge.ts';

/** In `videos`: a row that waits for nothing, because it has its verdict. */
export const notPending = -1;

export class PendingViews implements Omit<ViewColumns, 'size'> {
  /** Rows held; those of them that do not wait are gone after the next `removeDue`. */
  count = 0;
  #capacity: number;
  /** Work space of `due`, kept so that sorting allocates nothing. */
  #order = new Int32Array(0);
  #spare = new Int32Array(0);
  idWords: Int32Array;
  videoWords: Int32Array;
  viewerWords: Int32Array;
  viewedAt: Float64Array;
  playSeconds: Float64Array;
  adViews: Float64Array;
  nulls: Uint8Array;
  /** Number of the video, or `notPending`. */
  videos: Int32Array;

  constructor(capacity = 16_384) {
    this.#capacity = capacity;
    this.idWords = new Int32Array(2 * capacity);
    this.videoWords = new Int32Array(2 * capacity);
    this.viewerWords = new Int32Array(2 * capacity);
    this.viewedAt = new Float64Array(capacity);
    this.playSeconds = new Float64Array(capacity);
    this.adViews = new Float64Array(capacity);
    this.nulls = new Uint8Array(capacity);
    this.videos = new Int32Array(capacity);
  }

  /** The places after the rows held, for the caller to fill; they are held once `count` is moved past them. */
  room(rows: number): ViewColumns {
    if (this.count + rows > this.#capacity) this.#resize(Math.max(2 * this.#capacity, this.count + rows));
    const [from, to] = [this.count, this.count + rows];
    return {
      size: rows,
      idWords: this.idWords.subarray(2 * from, 2 * to),
      videoWords: this.videoWords.subarray(2 * from, 2 * to),
      viewerWords: this.viewerWords.subarray(2 * from, 2 * to),
      viewedAt: this.viewedAt.subarray(from, to),
      playSeconds: this.playSeconds.subarray(from, to),
      adViews: this.adViews.subarray(from, to),
      nulls: this.nulls.subarray(from, to),
    };
  }

  /**
   * Positions of the views that wait with time < watermark, sorted by time; equal times stay in order of arrival. Valid
   * until the next call.
   * @param watermark milliseconds since 1970, less than 2^31 after the earliest view that waits
   */
  due(watermark: number): Int32Array {
    const { viewedAt, videos, count } = this;
    if (this.#order.length < count) {
      this.#order = new Int32Array(this.#capacity);
      this.#spare = new Int32Array(this.#capacity);
    }
    const due = this.#order;
    let size = 0;
    let sorted = true;
    let last = Number.NEGATIVE_INFINITY;
    let min = watermark;
    let max = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < count; at++) {
      const time = viewedAt[at];
      if (videos[at] === notPending || time >= watermark) continue;
      due[size++] = at;
      if (time < last) sorted = false;
      last = time;
      if (time > max) max = time;
      if (time < min) min = time;
    }
    const found = due.subarray(0, size);
    return sorted ? found : radixSort(found, this.#spare.subarray(0, size), viewedAt, min, max);
  }

  /** Removes the views with time < watermark, and the rows that do not wait; the rest keeps its order. */
  removeDue(watermark: number): void {
    const { viewedAt, videos } = this;
    let kept = 0;
    for (let at = 0; at < this.count; at++) {
      if (videos[at] === notPending || viewedAt[at] < watermark) continue;
      if (kept !== at) this.#move(at, kept);
      kept++;
    }
    this.count = kept;
  }

  /**
   * Everything that waits, as bytes for the checkpoint: 40 a view. Videos are saved by id, since their numbers may be
   * others after a restart.
   * @param sinceMs times are saved as milliseconds since then
   */
  save(videoIds: NumberedIds, sinceMs: number): Buffer {
    this.removeDue(Number.NEGATIVE_INFINITY);
    const n = this.count;
    const bytes = Buffer.allocUnsafeSlow(40 * n);
    const adViews = new Float64Array(bytes.buffer, 0, n);
    adViews.set(this.adViews.subarray(0, n));
    const words = new Int32Array(bytes.buffer, 8 * n, 8 * n);
    words.set(this.idWords.subarray(0, 2 * n), 0);
    words.set(this.viewerWords.subarray(0, 2 * n), 2 * n);
    for (let at = 0; at < n; at++) {
      words[4 * n + 2 * at] = videoIds.idLo(this.videos[at]);
      words[4 * n + 2 * at + 1] = videoIds.idHi(this.videos[at]);
      words[6 * n + at] = this.viewedAt[at] - sinceMs;
      words[7 * n + at] = this.playSeconds[at];
    }
    return bytes;
  }

  /**
   * Puts back what `save` gave, where nothing is held.
   * @param numberOf the number of a video; throws when there is no such video any more
   */
  restore(saved: Buffer, numberOf: (lo: number, hi: number) => number, sinceMs: number): void {
    const n = saved.length / 40;
    this.room(n);
    // A copy whose memory is aligned for 8-byte elements.
    const bytes = new Uint8Array(saved).buffer;
    this.adViews.set(new Float64Array(bytes, 0, n));
    const words = new Int32Array(bytes, 8 * n, 8 * n);
    this.idWords.set(words.subarray(0, 2 * n));
    this.viewerWords.set(words.subarray(2 * n, 4 * n));
    this.videoWords.set(words.subarray(4 * n, 6 * n));
    for (let at = 0; at < n; at++) {
      this.videos[at] = numberOf(this.videoWords[2 * at], this.videoWords[2 * at + 1]);
      this.viewedAt[at] = words[6 * n + at] + sinceMs;
      this.playSeconds[at] = words[7 * n + at];
    }
    this.nulls.fill(0, 0, n);
    this.count = n;
  }

  #move(from: number, to: number): void {
    this.idWords[2 * to] = this.idWords[2 * from];
    this.idWords[2 * to + 1] = this.idWords[2 * from + 1];
    this.videoWords[2 * to] = this.videoWords[2 * from];
    this.videoWords[2 * to + 1] = this.videoWords[2 * from + 1];
    this.viewerWords[2 * to] = this.viewerWords[2 * from];
    this.viewerWords[2 * to + 1] = this.viewerWords[2 * from + 1];
    this.viewedAt[to] = this.viewedAt[from];
    this.playSeconds[to] = this.playSeconds[from];
    this.adViews[to] = this.adViews[from];
    this.nulls[to] = this.nulls[from];
    this.videos[to] = this.videos[from];
  }

  #resize(capacity: number): void {
    const larger = new PendingViews(capacity);
    larger.idWords.set(this.idWords);
    larger.videoWords.set(this.videoWords);
    larger.viewerWords.set(this.viewerWords);
    larger.viewedAt.set(this.viewedAt);
    larger.playSeconds.set(this.playSeconds);
    larger.adViews.set(this.adViews);
    larger.nulls.set(this.nulls);
    larger.videos.set(this.videos);
    this.#capacity = capacity;
    this.idWords = larger.idWords;
    this.videoWords = larger.videoWords;
    this.viewerWords = larger.viewerWords;
    this.viewedAt = larger.viewedAt;
    this.playSeconds = larger.playSeconds;
    this.adViews = larger.adViews;
    this.nulls = larger.nulls;
    this.videos = larger.videos;
  }
}
