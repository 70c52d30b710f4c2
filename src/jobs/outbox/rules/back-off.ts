/** When a delivery that failed is tried again. */

/** After the first, second and third failure: the longest wait. After one more failure a message is a dead letter. */
export const BACK_OFF_MS: readonly number[] = [10_000, 60_000, 300_000];

/**
 * Milliseconds until the next try after the `failures`th failure in a row; undefined: no more. Full jitter: anything up to
 * the interval, so that messages that failed together do not come together again. A receiver that says when to come back
 * is not asked before.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  const intervalMs = BACK_OFF_MS[failures - 1];
  if (intervalMs === undefined) return undefined;
  return Math.max(Math.ceil(random() * intervalMs), retryAfterMs ?? 0);
}
