/**
 * Sets of instants as sorted, disjoint, half-open intervals [start, end), for the times at which rows of other
 * partitions may interfere.
 */

/** Starts and ends, ascending; `starts[i] < ends[i] < starts[i + 1]`. */
export interface IntervalSet {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** The union of any intervals; empty ones (start >= end) are dropped, touching ones are joined. */
export function unionOf(intervals: readonly (readonly [start: number, end: number])[]): IntervalSet {
  const sorted = intervals.filter(([start, end]) => start < end).sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return {
    starts: Float64Array.from(joined, ([start]) => start),
    ends: Float64Array.from(joined, ([, end]) => end),
  };
}

/** The stretch of time around an instant in which the same is true: that it lies in the set, or that it does not. */
export interface Stretch {
  readonly isInside: boolean;
  /** Inclusive; -Infinity before the first interval. */
  readonly from: number;
  /** Exclusive; Infinity after the last interval. */
  readonly until: number;
}

/** The stretch that an instant lies in. */
export function stretchAt({ starts, ends }: IntervalSet, time: number): Stretch {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle] <= time) low = middle + 1;
    else high = middle;
  }
  // Interval `low` is the first that ends after the instant.
  if (low < starts.length && starts[low] <= time) return { isInside: true, from: starts[low], until: ends[low] };
  return {
    isInside: false,
    from: low === 0 ? Number.NEGATIVE_INFINITY : ends[low - 1],
    until: low === starts.length ? Number.POSITIVE_INFINITY : starts[low],
  };
}
