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

/** Walks an interval set in ascending time: each question must be at the time of the last one or later. */
export class IntervalCursor {
  readonly #set: IntervalSet;
  /** The first interval that ends after the current time. */
  #at = 0;

  constructor(set: IntervalSet) {
    this.#set = set;
  }

  /** Whether the instant lies in the set. */
  contains(time: number): boolean {
    const { starts, ends } = this.#set;
    while (this.#at < ends.length && ends[this.#at] <= time) this.#at++;
    return this.#at < starts.length && starts[this.#at] <= time;
  }

  /** End of the interval that the instant lies in. */
  end(time: number): number {
    this.contains(time);
    return this.#set.ends[this.#at];
  }

  /** Start of the first interval that begins after the instant, which itself is not in the set; Infinity if none. */
  nextStart(time: number): number {
    this.contains(time);
    return this.#at < this.#set.starts.length ? this.#set.starts[this.#at] : Number.POSITIVE_INFINITY;
  }
}
