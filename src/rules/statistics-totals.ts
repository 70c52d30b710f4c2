/**
 * Exact totals by video over any number of chunks: doubles while they are exact, 64-bit integers beyond. A chunk's sums
 * come in order of id, and so lie the totals: adding them is one walk along both, which looks nothing up.
 */
import { VideoSumsReader } from './video-sums.ts';

/** A total stays a double below this: a chunk's exact sum and it are then still exact together. */
const carryAt = 2 ** 52;

/** Totals of one video: numbers where they are exact, so that the usual one makes no object. */
export interface VideoTotals {
  readonly videoId: bigint;
  readonly views: number | bigint;
  readonly adViews: number | bigint;
  readonly playSeconds: number | bigint;
}

/** Words of the ids, and the sums, of `size` videos in order of id. */
class Columns {
  readonly idWords: Int32Array;
  readonly views: Float64Array;
  readonly adViews: Float64Array;
  readonly playSeconds: Float64Array;

  constructor(room: number) {
    this.idWords = new Int32Array(2 * room);
    this.views = new Float64Array(room);
    this.adViews = new Float64Array(room);
    this.playSeconds = new Float64Array(room);
  }
}

export class StatisticsTotals {
  #size = 0;
  #columns = new Columns(0);
  /** The columns before the last merge, to be filled by the next. */
  #spare = new Columns(0);
  /** What was taken out of the doubles before it became inexact. */
  readonly #carried = new Map<bigint, { views: bigint; adViews: bigint; playSeconds: bigint }>();

  get size(): number {
    return this.#size;
  }

  /** Adds the sums of one chunk, as VideoSums encodes them. @throws Error when they are not in order of id */
  merge(encoded: Buffer): void {
    const reader = new VideoSumsReader(encoded);
    const from = this.#columns;
    const size = this.#size;
    const room = size + reader.left;
    const to = this.#spare.views.length < room ? new Columns(2 * room) : this.#spare;
    let at = 0;
    let next = 0;
    reader.read(Number.POSITIVE_INFINITY, (lo, hi, views, adViews, playSeconds) => {
      for (; at < size && isBelow(from.idWords, at, lo, hi); at++, next++) copy(from, at, to, next);
      if (next > 0 && !isBelow(to.idWords, next - 1, lo, hi)) throw new Error('sums of a chunk are not in order of id');
      to.idWords[2 * next] = lo;
      to.idWords[2 * next + 1] = hi;
      const isKnown = at < size && from.idWords[2 * at] === lo && from.idWords[2 * at + 1] === hi;
      to.views[next] = (isKnown ? from.views[at] : 0) + views;
      to.adViews[next] = (isKnown ? from.adViews[at] : 0) + adViews;
      to.playSeconds[next] = (isKnown ? from.playSeconds[at] : 0) + playSeconds;
      if (to.views[next] >= carryAt || to.adViews[next] >= carryAt || to.playSeconds[next] >= carryAt) {
        // Each of them may have lost its last bit already: added up again, exactly.
        this.#carry(to, next, isKnown ? from : undefined, at, [views, adViews, playSeconds]);
      }
      if (isKnown) at++;
      next++;
    });
    for (; at < size; at++, next++) copy(from, at, to, next);
    this.#columns = to;
    this.#spare = from;
    this.#size = next;
  }

  /** Every video's totals, by video id. */
  *inOrder(): Generator<VideoTotals> {
    const { idWords, views, adViews, playSeconds } = this.#columns;
    for (let at = 0; at < this.#size; at++) {
      const videoId = idAt(idWords, at);
      const carried = this.#carried.get(videoId);
      if (carried === undefined) {
        yield { videoId, views: views[at], adViews: adViews[at], playSeconds: playSeconds[at] };
      } else {
        yield {
          videoId,
          views: carried.views + BigInt(views[at]),
          adViews: carried.adViews + BigInt(adViews[at]),
          playSeconds: carried.playSeconds + BigInt(playSeconds[at]),
        };
      }
    }
  }

  #carry(to: Columns, next: number, from: Columns | undefined, at: number, sums: readonly number[]): void {
    const id = idAt(to.idWords, next);
    const before = this.#carried.get(id) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
    const [views, adViews, playSeconds] = sums.map(BigInt);
    this.#carried.set(id, {
      views: before.views + BigInt(from?.views[at] ?? 0) + views,
      adViews: before.adViews + BigInt(from?.adViews[at] ?? 0) + adViews,
      playSeconds: before.playSeconds + BigInt(from?.playSeconds[at] ?? 0) + playSeconds,
    });
    to.views[next] = 0;
    to.adViews[next] = 0;
    to.playSeconds[next] = 0;
  }
}

/** Whether the id at a position is below the other one, as signed 64-bit integers. */
function isBelow(idWords: Int32Array, at: number, lo: number, hi: number): boolean {
  const own = idWords[2 * at + 1];
  return own < hi || (own === hi && idWords[2 * at] >>> 0 < lo >>> 0);
}

function copy(from: Columns, at: number, to: Columns, next: number): void {
  to.idWords[2 * next] = from.idWords[2 * at];
  to.idWords[2 * next + 1] = from.idWords[2 * at + 1];
  to.views[next] = from.views[at];
  to.adViews[next] = from.adViews[at];
  to.playSeconds[next] = from.playSeconds[at];
}

function idAt(idWords: Int32Array, at: number): bigint {
  return (BigInt(idWords[2 * at + 1]) << 32n) | BigInt(idWords[2 * at] >>> 0);
}
