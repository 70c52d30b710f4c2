/**
 * Exact totals by video over any number of chunks: doubles while they are exact, 64-bit integers beyond.
 */
import { Int64Index } from './int64-index.ts';
import type { VideoStatistics } from './ranking.ts';

/** Sums stay doubles below this; the next addition of a chunk's exact sum is then still exact in `carry`. */
const carryAt = 2 ** 52;

class ExactColumn {
  #low = new Float64Array(1024);
  readonly #carry = new Map<number, bigint>();

  add(at: number, value: number): void {
    if (at >= this.#low.length) {
      const larger = new Float64Array(Math.max(2 * this.#low.length, at + 1));
      larger.set(this.#low);
      this.#low = larger;
    }
    const sum = this.#low[at] + value;
    if (sum < carryAt) this.#low[at] = sum;
    else {
      this.#carry.set(at, (this.#carry.get(at) ?? 0n) + BigInt(this.#low[at]) + BigInt(value));
      this.#low[at] = 0;
    }
  }

  get(at: number): bigint {
    return BigInt(this.#low[at]) + (this.#carry.get(at) ?? 0n);
  }
}

export class StatisticsTotals {
  readonly #index = new Int64Index();
  readonly #views = new ExactColumn();
  readonly #adViews = new ExactColumn();
  readonly #playSeconds = new ExactColumn();

  get size(): number {
    return this.#index.size;
  }

  add(idLo: number, idHi: number, views: number, adViews: number, playSeconds: number): void {
    const at = this.#index.add(idLo, idHi);
    this.#views.add(at, views);
    this.#adViews.add(at, adViews);
    this.#playSeconds.add(at, playSeconds);
  }

  /** Every video's totals, by video id. */
  *inOrder(): Generator<VideoStatistics> {
    const words = this.#index.words.slice(0, 2 * this.#index.size);
    const ids = new BigInt64Array(words.buffer).sort();
    const sorted = new Int32Array(ids.buffer);
    for (let at = 0; at < ids.length; at++) {
      const video = this.#index.find(sorted[2 * at], sorted[2 * at + 1]);
      yield {
        videoId: ids[at],
        views: this.#views.get(video),
        adViews: this.#adViews.get(video),
        playSeconds: this.#playSeconds.get(video),
      };
    }
  }
}
