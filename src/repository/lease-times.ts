/** When a lease is over: pure, and by the clock of the database alone. */

/** A lease as the database has it: `begin` and `end` on its clock, and how long it was given for. */
export interface LeaseTimes {
  readonly beginMs: number;
  readonly endMs: number;
  readonly leaseMs: number;
}

/** By how much a clock may be set back without ending anybody's lease. */
export const CLOCK_STEP_MS_MAX = 2_000;

/**
 * Given before the database's clock was set back: it begins later than now, or ends later than one given now would.
 * @param nowMs the database's clock, never this machine's
 */
export function isLeaseAhead({ beginMs, endMs, leaseMs }: LeaseTimes, nowMs: number): boolean {
  return beginMs > nowMs + CLOCK_STEP_MS_MAX || endMs > nowMs + leaseMs + CLOCK_STEP_MS_MAX;
}

/** Also when it is ahead. */
export function isLeaseOver(lease: LeaseTimes, nowMs: number): boolean {
  return lease.endMs <= nowMs || isLeaseAhead(lease, nowMs);
}
