/**
 * How long a transient failure (src/database/errors.ts says which are) is put up with: pure decisions, bounded by
 * attempts, interval and total time. What waits and tries again is retrying.ts.
 */

export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly attemptsMax: number;
  /** The first wait is at most so long, the next one twice that, and so on. */
  readonly intervalMs: number;
  /** No wait is longer. */
  readonly intervalMsMax: number;
  /** From the first failure on, no attempt begins after so long. */
  readonly totalMsMax: number;
}

/** Outlasts a deadlock, a restart of the server, a failover; see docs/decisions/0006-retry-and-scan.md. */
export const defaultRetryPolicy: RetryPolicy = {
  attemptsMax: 20,
  intervalMs: 100,
  intervalMsMax: 10_000,
  totalMsMax: 120_000,
};

/** Once a stop was asked for: enough for a deadlock, and well within the grace period. */
export const stoppingRetryPolicy: RetryPolicy = {
  attemptsMax: 4,
  intervalMs: 100,
  intervalMsMax: 500,
  totalMsMax: 5_000,
};

/**
 * Milliseconds to wait after the `failures`th failure in a row, `elapsedMs` after the first; undefined to give up.
 * Exponential with full jitter: anything between nothing and the interval, so that those who met do not meet again.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failures: number,
  elapsedMs: number,
  random: () => number = Math.random,
): number | undefined {
  if (failures >= policy.attemptsMax || elapsedMs >= policy.totalMsMax) return undefined;
  const intervalMs = Math.min(policy.intervalMsMax, policy.intervalMs * 2 ** (failures - 1));
  return Math.min(random() * intervalMs, policy.totalMsMax - elapsedMs);
}

/** Waits between the attempts at one item: exponential, with full jitter. */
export interface BackOff {
  /** The first wait is at most so long, the next one twice that, and so on. Default 100. */
  readonly firstMs?: number;
  /** No wait is longer. Default 5,000. */
  readonly maxMs?: number;
  /** From the first failure on, no attempt begins after so long. Default 60,000. */
  readonly totalMs?: number;
}

/** The policy of `limit` attempts after the first one. */
export function itemRetryPolicy(
  limit: number,
  { firstMs = 100, maxMs = 5_000, totalMs = 60_000 }: BackOff = {},
): RetryPolicy {
  return { attemptsMax: limit + 1, intervalMs: firstMs, intervalMsMax: maxMs, totalMsMax: totalMs };
}
