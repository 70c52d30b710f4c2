/** Views, ad views and play seconds by video: what the job `three-sums` adds up. Pure. */
import { Int64Index } from '../../rules/int64-index.ts';

/** Places of a video in `#sums`, and numbers of one in an encoding: its id comes first there. */
const STRIDE = 3;
const ENCODED = 4;

/** `[id, views, adViews, playSeconds]` */
export type VideoSum = [id: bigint, views: number, adViews: number, playSeconds: number];

export class SumsByVideo {
  readonly #videos = new Int64Index();
  #sums = new Float64Array(1024 * STRIDE);

  /** Adds rows 0 to `size - 1` of columns; `videoWords` has two words a video id. */
  addRows(size: number, videoWords: Int32Array, adViews: Float64Array, playSeconds: Float64Array): void {
    for (let row = 0; row < size; row++) {
      this.#add(videoWords[2 * row], videoWords[2 * row + 1], 1, adViews[row], playSeconds[row]);
    }
  }

  /** The sums in no order, as bytes for another thread or a table. */
  encode(): Buffer {
    const { size, words } = this.#videos;
    const ids = new BigInt64Array(words.buffer, 0, size);
    const encoded = new BigInt64Array(size * ENCODED);
    for (let video = 0; video < size; video++) {
      encoded[video * ENCODED] = ids[video];
      for (let i = 0; i < STRIDE; i++) encoded[video * ENCODED + 1 + i] = BigInt(this.#sums[video * STRIDE + i]);
    }
    return Buffer.from(encoded.buffer);
  }

  /** Adds what `encode` gave. */
  addEncoded(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    const words = new Int32Array(copy.buffer);
    const numbers = new BigInt64Array(copy.buffer);
    for (let at = 0; at < numbers.length; at += ENCODED) {
      const [views, adViews, playSeconds] = numbers.subarray(at + 1, at + ENCODED);
      this.#add(words[2 * at], words[2 * at + 1], Number(views), Number(adViews), Number(playSeconds));
    }
  }

  /** By video id. */
  sorted(): VideoSum[] {
    const { size, words } = this.#videos;
    const ids = new BigInt64Array(words.buffer, 0, size);
    const sums = this.#sums;
    const rows = Array.from(
      ids,
      (id, i): VideoSum => [id, sums[i * STRIDE], sums[i * STRIDE + 1], sums[i * STRIDE + 2]],
    );
    return rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  #add(lo: number, hi: number, views: number, adViews: number, playSeconds: number): void {
    const at = this.#videos.add(lo, hi) * STRIDE;
    if (at >= this.#sums.length) {
      const larger = new Float64Array(this.#sums.length * 2);
      larger.set(this.#sums);
      this.#sums = larger;
    }
    this.#sums[at] += views;
    this.#sums[at + 1] += adViews;
    this.#sums[at + 2] += playSeconds;
  }
}
