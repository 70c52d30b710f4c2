/**
 * Decides the open views of a date (see kernel/window.h) once all partitions have been read: for each pair, in order of
 * (viewed_at, id), the repeat rule as domain.md states it.
 *
 * What the partitions promise: all views of the pair that can decide an open one are here, open or as seeds, except
 * those before the look-back. A chain of views that reaches back to the look-back's start without a gap of a window,
 * and forward into the date, needs older views: such pairs are named in `needHistory`, and the caller resolves again
 * with an earlier look-back.
 */
import { hashWords } from '../../../rules/int64-index.ts';
import type { OpenViews } from './open-views.ts';
import { radixSort } from './radix-sort.ts';

export interface ResolveFrame {
  readonly dayStartMs: number;
  /** Where knowledge begins: views before it may be missing. -Infinity: nothing is missing. */
  readonly lookbackStartMs: number;
  readonly repeatWindowMs: number;
}

export interface Pair {
  readonly viewerLo: number;
  readonly viewerHi: number;
  readonly videoLo: number;
  readonly videoHi: number;
}

export interface Resolved {
  /** Positions in the given views: open views of the date that count. */
  readonly counted: readonly number[];
  /** Number of open views of the date that are repeats. */
  readonly repeats: number;
  /** Pairs that could not be decided. Nothing of theirs is in the other two. */
  readonly needHistory: readonly Pair[];
  /** Positions in the given views: all those of the pairs that could not be decided, seeds included. */
  readonly undecided: readonly number[];
}

const none = 0;
const counts = 1;
const repeats = 2;

export function resolveOpenViews(views: OpenViews, frame: ResolveFrame): Resolved {
  const { dayStartMs, lookbackStartMs, repeatWindowMs } = frame;
  const pairs = new Pairs(views);
  const pairOf = new Int32Array(views.count);
  /** By pair. */
  const lastCounted = new Float64Array(views.count).fill(Number.NEGATIVE_INFINITY);
  const lastUnknown = new Float64Array(views.count).fill(lookbackStartMs);
  const needsHistory = new Uint8Array(views.count);
  /** By view; views before the date have none. */
  const verdicts = new Uint8Array(views.count);
  for (const at of sortByTime(views)) {
    const pair = pairs.take(at);
    pairOf[at] = pair;
    const time = views.times[at];
    if (views.seeds[at] === 1) {
      lastCounted[pair] = time;
      lastUnknown[pair] = Number.NEGATIVE_INFINITY;
      continue;
    }
    if (time - lastUnknown[pair] < repeatWindowMs) {
      if (time >= dayStartMs) needsHistory[pair] = 1;
      lastUnknown[pair] = time;
      continue;
    }
    lastUnknown[pair] = Number.NEGATIVE_INFINITY;
    const isCounted = time - lastCounted[pair] >= repeatWindowMs;
    if (isCounted) lastCounted[pair] = time;
    if (time >= dayStartMs) verdicts[at] = isCounted ? counts : repeats;
  }
  return gather(views, pairs, pairOf, needsHistory, verdicts);
}

function gather(
  views: OpenViews,
  pairs: Pairs,
  pairOf: Int32Array,
  needsHistory: Uint8Array,
  verdicts: Uint8Array,
): Resolved {
  const counted: number[] = [];
  const undecided: number[] = [];
  let repeatCount = 0;
  for (let at = 0; at < views.count; at++) {
    if (needsHistory[pairOf[at]] === 1) undecided.push(at);
    else if (verdicts[at] === none) continue;
    else if (verdicts[at] === counts) counted.push(at);
    else repeatCount++;
  }
  const needHistory: Pair[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    if (needsHistory[pair] === 1) needHistory.push(pairs.at(pair));
  }
  return { counted, repeats: repeatCount, needHistory, undecided };
}

/** Numbers the pairs of some views 0, 1, 2 ... in the order in which they are met. */
class Pairs {
  count = 0;
  readonly #views: OpenViews;
  /** A view of each pair. */
  readonly #first: Int32Array;
  /** A pair's number + 1, 0 for a free place; at most half in use. */
  readonly #slots: Int32Array;

  constructor(views: OpenViews) {
    this.#views = views;
    this.#first = new Int32Array(views.count);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, 2 * views.count))));
  }

  /** The number of the pair of a view. */
  take(view: number): number {
    const { viewerWords: viewers, videoWords: videos } = this.#views;
    const viewer = hashWords(viewers[2 * view], viewers[2 * view + 1]);
    const mask = this.#slots.length - 1;
    for (let slot = hashWords(viewer ^ videos[2 * view], videos[2 * view + 1]) & mask; ; slot = (slot + 1) & mask) {
      const pair = this.#slots[slot] - 1;
      if (pair < 0) {
        this.#slots[slot] = this.count + 1;
        this.#first[this.count] = view;
        return this.count++;
      }
      const other = this.#first[pair];
      if (
        viewers[2 * other] === viewers[2 * view] &&
        viewers[2 * other + 1] === viewers[2 * view + 1] &&
        videos[2 * other] === videos[2 * view] &&
        videos[2 * other + 1] === videos[2 * view + 1]
      ) {
        return pair;
      }
    }
  }

  at(pair: number): Pair {
    const view = this.#first[pair];
    const { viewerWords: viewers, videoWords: videos } = this.#views;
    return {
      viewerLo: viewers[2 * view],
      viewerHi: viewers[2 * view + 1],
      videoLo: videos[2 * view],
      videoHi: videos[2 * view + 1],
    };
  }
}

/** Positions of the views in order of (time, id). */
function sortByTime(views: OpenViews): Int32Array {
  const order = new Int32Array(views.count);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < views.count; at++) {
    order[at] = at;
    min = Math.min(min, views.times[at]);
    max = Math.max(max, views.times[at]);
  }
  const byTimeAndId = (a: number, b: number) => views.times[a] - views.times[b] || compareIds(views.idWords, a, b);
  // History can reach back for years, which is more than fits 31 bits of milliseconds.
  if (max - min >= 2 ** 31) return order.sort(byTimeAndId);
  const sorted = radixSort(order, new Int32Array(views.count), views.times, min, max);
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && views.times[sorted[to]] === views.times[sorted[from]]) to++;
    if (to - from > 1) sorted.subarray(from, to).sort(byTimeAndId);
    from = to;
  }
  return sorted;
}

/** Signed 64-bit order of two ids given as words. */
function compareIds(words: Int32Array, a: number, b: number): number {
  return words[2 * a + 1] - words[2 * b + 1] || (words[2 * a] >>> 0) - (words[2 * b] >>> 0);
}
