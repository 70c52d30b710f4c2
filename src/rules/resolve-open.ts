/**
 * Decides the open views of a date (see pair-window.ts) once all partitions have been read: for each pair, in order of
 * (viewed_at, id), the repeat rule as domain.md states it.
 *
 * What the partitions promise: all views of the pair that can decide an open one are here, open or as seeds, except
 * those before the look-back. A chain of views that reaches back to the look-back's start without a gap of a window,
 * and forward into the date, needs older views: such pairs are named in `needHistory`, and the caller resolves again
 * with an earlier look-back.
 */
import type { OpenViews } from './open-views.ts';

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
}

export function resolveOpenViews(views: OpenViews, frame: ResolveFrame): Resolved {
  const order = sortByPair(views);
  const counted: number[] = [];
  const needHistory: Pair[] = [];
  let repeats = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && comparePairs(views, order[from], order[to]) === 0) to++;
    const pair = resolvePair(views, order.subarray(from, to), frame);
    if (pair === undefined) needHistory.push(pairOf(views, order[from]));
    else {
      // A loop: a bot's pair can have more views than a call takes arguments.
      for (const at of pair.counted) counted.push(at);
      repeats += pair.repeats;
    }
    from = to;
  }
  return { counted, repeats, needHistory };
}

/** One pair's views in order of time; undefined when an older view could change the outcome. */
function resolvePair(
  views: OpenViews,
  order: Uint32Array,
  frame: ResolveFrame,
): { counted: number[]; repeats: number } | undefined {
  const { dayStartMs, lookbackStartMs, repeatWindowMs } = frame;
  const counted: number[] = [];
  let repeats = 0;
  let lastCounted = Number.NEGATIVE_INFINITY;
  let lastUnknown = lookbackStartMs;
  for (const at of order) {
    const time = views.times[at];
    if (views.seeds[at] === 1) {
      lastCounted = time;
      lastUnknown = Number.NEGATIVE_INFINITY;
      continue;
    }
    if (time - lastUnknown < repeatWindowMs) {
      if (time >= dayStartMs) return undefined;
      lastUnknown = time;
      continue;
    }
    lastUnknown = Number.NEGATIVE_INFINITY;
    const counts = time - lastCounted >= repeatWindowMs;
    if (counts) lastCounted = time;
    if (time < dayStartMs) continue;
    if (counts) counted.push(at);
    else repeats++;
  }
  return { counted, repeats };
}

function sortByPair(views: OpenViews): Uint32Array {
  const order = Uint32Array.from({ length: views.count }, (_, at) => at);
  return order.sort(
    (a, b) => comparePairs(views, a, b) || views.times[a] - views.times[b] || compareWords(views.idWords, a, b),
  );
}

function comparePairs(views: OpenViews, a: number, b: number): number {
  return compareWords(views.viewerWords, a, b) || compareWords(views.videoWords, a, b);
}

/** Signed 64-bit order of two values given as words. */
function compareWords(words: Int32Array, a: number, b: number): number {
  return words[2 * a + 1] - words[2 * b + 1] || (words[2 * a] >>> 0) - (words[2 * b] >>> 0);
}

function pairOf(views: OpenViews, at: number): Pair {
  return {
    viewerLo: views.viewerWords[2 * at],
    viewerHi: views.viewerWords[2 * at + 1],
    videoLo: views.videoWords[2 * at],
    videoHi: views.videoWords[2 * at + 1],
  };
}
