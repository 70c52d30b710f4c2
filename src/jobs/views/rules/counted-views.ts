/** Counted views as columns, to be added up by video: what VideoSums needs to know beforehand is met on the way. */
import { Int64Index } from '../../../rules/int64-index.ts';
import { type EncodedSums, VideoSums } from './video-sums.ts';

export class CountedViews {
  count = 0;
  #videos = new Int64Index();
  /** By view: the video's number in `#videos`. */
  #videoOf = new Int32Array(1024);
  #adViews = new Float64Array(1024);
  #playSeconds = new Int32Array(1024);

  add(videoLo: number, videoHi: number, adViews: number, playSeconds: number): void {
    if (this.count === this.#videoOf.length) this.#grow();
    const at = this.count++;
    this.#videoOf[at] = this.#videos.add(videoLo, videoHi);
    this.#adViews[at] = adViews;
    this.#playSeconds[at] = playSeconds;
  }

  /**
   * Their sums by bucket of videos; the views are gone afterwards.
   * @param bounds the last video id of each bucket but the last one, ascending
   */
  drain(bounds: readonly bigint[]): EncodedSums[] {
    const { words: met, size } = this.#videos;
    const ids = new BigInt64Array(met.slice(0, 2 * size).buffer).sort();
    const words = new Int32Array(ids.buffer);
    /** By number in `#videos`: the place among the sorted ids. */
    const rank = new Int32Array(size);
    for (let at = 0; at < size; at++) rank[this.#videos.find(words[2 * at], words[2 * at + 1])] = at;
    const sums = new VideoSums(size);
    for (let at = 0; at < this.count; at++) {
      sums.add(rank[this.#videoOf[at]], this.#adViews[at], this.#playSeconds[at]);
    }
    this.count = 0;
    this.#videos = new Int64Index();
    const order = { idLo: (video: number) => words[2 * video], idHi: (video: number) => words[2 * video + 1] };
    return sums.drain(
      order,
      bounds.map((bound) => countUpTo(ids, bound)),
    );
  }

  #grow(): void {
    const videoOf = new Int32Array(2 * this.count);
    videoOf.set(this.#videoOf);
    this.#videoOf = videoOf;
    const adViews = new Float64Array(2 * this.count);
    adViews.set(this.#adViews);
    this.#adViews = adViews;
    const playSeconds = new Int32Array(2 * this.count);
    playSeconds.set(this.#playSeconds);
    this.#playSeconds = playSeconds;
  }
}

/** How many of the ascending ids are not above the bound. */
function countUpTo(ids: BigInt64Array, bound: bigint): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle] <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
