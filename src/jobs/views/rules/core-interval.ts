/**
 * The core of a run of rows: the interval that holds nearly all of their times. Real logs are in order but for a few
 * rows that come days late, or from a device whose clock is wrong; naming those few apart keeps the interval of the
 * rest narrow, and a narrow interval is what makes planning by time worth anything.
 */

export interface CoreInterval {
  /** Milliseconds since 1970, both inside. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Positions of the times outside. */
  readonly strays: readonly number[];
}

/** Share of the rows at either end that may be strays. */
const strayShare = 1 / 64;
/** Slack beyond the bulk, so that ordinary jitter makes no stray. */
const slackMs = 60_000;

/**
 * The core of some times (NaN is passed over); undefined when there is none. Rows at an end are strays when they lie
 * more than twice the width of the bulk, and a minute, away from it; what is spread evenly has no strays.
 */
export function coreInterval(times: Float64Array): CoreInterval | undefined {
  const sorted = times.filter((time) => !Number.isNaN(time)).sort();
  if (sorted.length === 0) return undefined;
  const cut = Math.floor(sorted.length * strayShare);
  const low = sorted[cut];
  const high = sorted[sorted.length - 1 - cut];
  const reach = 2 * (high - low) + slackMs;
  const strays: number[] = [];
  let minMs = Number.POSITIVE_INFINITY;
  let maxMs = Number.NEGATIVE_INFINITY;
  times.forEach((time, at) => {
    if (Number.isNaN(time)) return;
    if (time < low - reach || time > high + reach) strays.push(at);
    else {
      minMs = Math.min(minMs, time);
      maxMs = Math.max(maxMs, time);
    }
  });
  return { minMs, maxMs, strays };
}
