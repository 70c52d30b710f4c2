/**
 * Exact totals by video over any number of chunks: doubles while they are exact, 64-bit integers beyond. The sums of a
 * chunk come in order of id, and so do totals: adding up is merging lists, two of like length at a time, which looks
 * nothing up and costs the logarithm of the number of chunks.
 */

import { joinWords } from '../../../rules/words.ts';
import { countVideoSums, readVideoSums } from './video-sums.ts';

/** A total stays a double below this: with a chunk's exact sum it is then still told exactly from one beyond. */
const carryAt = 2 ** 52;

/** Totals of one video: numbers where they are exact, so that the usual one makes no object. */
export interface VideoTotals {
  readonly videoId: bigint;
  readonly views: number | bigint;
  readonly adViews: number | bigint;
  readonly playSeconds: number | bigint;
}

/** Words of the ids, and the sums, of `size` videos in ascending order of id. */
class SumsList {
  size = 0;
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

  append(lo: number, hi: number, views: number, adViews: number, playSeconds: number): void {
    const at = this.size++;
    this.idWords[2 * at] = lo;
    this.idWords[2 * at + 1] = hi;
    this.views[at] = views;
    this.adViews[at] = adViews;
    this.playSeconds[at] = playSeconds;
  }

  appendFrom(list: SumsList, at: number): void {
    const { idWords, views, adViews, playSeconds } = list;
    this.append(idWords[2 * at], idWords[2 * at + 1], views[at], adViews[at], playSeconds[at]);
  }
}

export class StatisticsTotals {
  /** Each at least twice as long as the next, when `mergeNext` has nothing to do. */
  readonly #lists: SumsList[] = [];
  /** What was taken out of doubles before it became inexact. */
  readonly #carried = new Map<bigint, { views: bigint; adViews: bigint; playSeconds: bigint }>();

  /** Takes the sums of one chunk, as VideoSums encodes them. @throws Error when they are not in order of id */
  add(encoded: Buffer): void {
    const list = new SumsList(countVideoSums(encoded));
    readVideoSums(encoded, (lo, hi, views, adViews, playSeconds) => {
      if (list.size > 0 && compareWith(list.idWords, list.size - 1, lo, hi) >= 0) {
        throw new Error('the sums of a chunk are not in order of id');
      }
      list.append(lo, hi, views, adViews, playSeconds);
    });
    if (list.size > 0) this.#lists.push(list);
  }

  /**
   * Merges the last two lists if they are of like length, or if `all` are to be merged. Some milliseconds of work; call
   * it until it returns false.
   */
  mergeNext(all = false): boolean {
    const lists = this.#lists;
    if (lists.length < 2) return false;
    const [a, b] = lists.slice(-2);
    if (!all && a.size >= 2 * b.size) return false;
    lists.splice(-2, 2, this.#merge(a, b));
    return true;
  }

  /** Every video's totals, by video id, when all lists are merged. */
  *inOrder(): Generator<VideoTotals> {
    const [list, ...others] = this.#lists;
    if (others.length > 0) throw new Error('totals were asked for before all was merged');
    if (list === undefined) return;
    const { idWords, views, adViews, playSeconds } = list;
    for (let at = 0; at < list.size; at++) {
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

  #merge(a: SumsList, b: SumsList): SumsList {
    const merged = new SumsList(a.size + b.size);
    let i = 0;
    for (let j = 0; j < b.size; j++) {
      const lo = b.idWords[2 * j];
      const hi = b.idWords[2 * j + 1];
      let order = -1;
      while (i < a.size) {
        order = compareWith(a.idWords, i, lo, hi);
        if (order >= 0) break;
        merged.appendFrom(a, i++);
      }
      if (i === a.size || order > 0) {
        merged.appendFrom(b, j);
        continue;
      }
      const views = a.views[i] + b.views[j];
      const adViews = a.adViews[i] + b.adViews[j];
      const playSeconds = a.playSeconds[i] + b.playSeconds[j];
      if (views < carryAt && adViews < carryAt && playSeconds < carryAt) {
        merged.append(lo, hi, views, adViews, playSeconds);
      } else {
        // One of them may have lost its last bit already: added up again, exactly.
        this.#carry(a, i);
        this.#carry(b, j);
        merged.append(lo, hi, 0, 0, 0);
      }
      i++;
    }
    while (i < a.size) merged.appendFrom(a, i++);
    return merged;
  }

  #carry({ idWords, views, adViews, playSeconds }: SumsList, at: number): void {
    const id = idAt(idWords, at);
    const before = this.#carried.get(id) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
    this.#carried.set(id, {
      views: before.views + BigInt(views[at]),
      adViews: before.adViews + BigInt(adViews[at]),
      playSeconds: before.playSeconds + BigInt(playSeconds[at]),
    });
  }
}

/** Negative when the id at a position is below the other one, 0 when it is the same; as signed 64-bit integers. */
function compareWith(idWords: Int32Array, at: number, lo: number, hi: number): number {
  return idWords[2 * at + 1] - hi || (idWords[2 * at] >>> 0) - (lo >>> 0);
}

function idAt(idWords: Int32Array, at: number): bigint {
  return joinWords(idWords[2 * at], idWords[2 * at + 1]);
}
