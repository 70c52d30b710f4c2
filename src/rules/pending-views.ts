/**
 * Valid views that wait for their turn: rows arrive in order of id, the repeat rule wants them in order of time, and
 * a view's turn has come when no row that is still to be read can be earlier (the watermark). Holds as many rows as
 * the log is disordered, and gives them up sorted by (time, arrival), which is (viewed_at, id).
 */
import { radixSort } from './radix-sort.ts';
import type { NumberedIds } from './video-sums.ts';

export class PendingViews {
  count = 0;
  #capacity: number;
  /** Work space of `due`, kept so that sorting allocates nothing. */
  #order = new Int32Array(0);
  #spare = new Int32Array(0);
  idWords: Int32Array;
  viewerWords: Int32Array;
  /** Dense video. */
  videos: Int32Array;
  /** Milliseconds since the start of the look-back. */
  times: Int32Array;
  playSeconds: Int32Array;
  adViews: Float64Array;

  constructor(capacity = 16_384) {
    this.#capacity = capacity;
    this.idWords = new Int32Array(2 * capacity);
    this.viewerWords = new Int32Array(2 * capacity);
    this.videos = new Int32Array(capacity);
    this.times = new Int32Array(capacity);
    this.playSeconds = new Int32Array(capacity);
    this.adViews = new Float64Array(capacity);
  }

  /** Makes room for `more` views, so that the caller can write at `count` without asking again. */
  reserve(more: number): void {
    if (this.count + more <= this.#capacity) return;
    this.#resize(Math.max(2 * this.#capacity, this.count + more));
  }

  /**
   * Positions of the views with time < watermark, sorted by time; equal times stay in order of arrival. Valid until the
   * next call.
   */
  due(watermark: number): Int32Array {
    const { times, count } = this;
    if (this.#order.length < count) {
      this.#order = new Int32Array(this.#capacity);
      this.#spare = new Int32Array(this.#capacity);
    }
    const due = this.#order;
    let size = 0;
    let sorted = true;
    let last = 0;
    let min = watermark;
    let max = 0;
    for (let at = 0; at < count; at++) {
      const time = times[at];
      if (time >= watermark) continue;
      due[size++] = at;
      if (time < last) sorted = false;
      last = time;
      if (time > max) max = time;
      if (time < min) min = time;
    }
    const found = due.subarray(0, size);
    return sorted ? found : radixSort(found, this.#spare.subarray(0, size), times, min, max);
  }

  /** Removes the views with time < watermark; the rest keeps its order. */
  removeDue(watermark: number): void {
    let kept = 0;
    for (let at = 0; at < this.count; at++) {
      if (this.times[at] < watermark) continue;
      if (kept !== at) this.#move(at, kept);
      kept++;
    }
    this.count = kept;
  }

  /**
   * Everything, as bytes for the checkpoint: 40 a view. Videos are saved by id, since dense numbers may be others after
   * a restart.
   * @returns pieces that share this object's memory: join them before anything is added
   */
  save(videoIds: NumberedIds): Buffer[] {
    const n = this.count;
    const ids = new Int32Array(2 * n);
    for (let at = 0; at < n; at++) {
      ids[2 * at] = videoIds.idLo(this.videos[at]);
      ids[2 * at + 1] = videoIds.idHi(this.videos[at]);
    }
    const parts = [
      this.adViews.subarray(0, n),
      this.idWords.subarray(0, 2 * n),
      this.viewerWords.subarray(0, 2 * n),
      ids,
      this.times.subarray(0, n),
      this.playSeconds.subarray(0, n),
    ];
    return parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  }

  /**
   * Puts back what `save` gave.
   * @param denseVideo the dense number of a video; throws when there is no such video any more
   */
  restore(saved: Buffer, denseVideo: (lo: number, hi: number) => number): void {
    const n = saved.length / 40;
    this.reserve(n);
    // A copy whose memory is aligned for 8-byte elements.
    const bytes = new Uint8Array(saved).buffer;
    this.adViews.set(new Float64Array(bytes, 0, n));
    this.idWords.set(new Int32Array(bytes, 8 * n, 2 * n));
    this.viewerWords.set(new Int32Array(bytes, 16 * n, 2 * n));
    const ids = new Int32Array(bytes, 24 * n, 2 * n);
    for (let at = 0; at < n; at++) this.videos[at] = denseVideo(ids[2 * at], ids[2 * at + 1]);
    this.times.set(new Int32Array(bytes, 32 * n, n));
    this.playSeconds.set(new Int32Array(bytes, 36 * n, n));
    this.count = n;
  }

  #move(from: number, to: number): void {
    this.idWords[2 * to] = this.idWords[2 * from];
    this.idWords[2 * to + 1] = this.idWords[2 * from + 1];
    this.viewerWords[2 * to] = this.viewerWords[2 * from];
    this.viewerWords[2 * to + 1] = this.viewerWords[2 * from + 1];
    this.videos[to] = this.videos[from];
    this.times[to] = this.times[from];
    this.playSeconds[to] = this.playSeconds[from];
    this.adViews[to] = this.adViews[from];
  }

  #resize(capacity: number): void {
    const larger = new PendingViews(capacity);
    larger.idWords.set(this.idWords);
    larger.viewerWords.set(this.viewerWords);
    larger.videos.set(this.videos);
    larger.times.set(this.times);
    larger.playSeconds.set(this.playSeconds);
    larger.adViews.set(this.adViews);
    this.#capacity = capacity;
    this.idWords = larger.idWords;
    this.viewerWords = larger.viewerWords;
    this.videos = larger.videos;
    this.times = larger.times;
    this.playSeconds = larger.playSeconds;
    this.adViews = larger.adViews;
  }
}
