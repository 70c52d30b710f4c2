/** Who reaches a challenge's goal (domain.md section 6): days with a proof, as a percentage of its days. */

/** Percent of the days that must be proved, unless the challenge says otherwise. */
export const defaultThresholdPercent = 70;

const DAY_MS = 86_400_000;

/** Days from the first to the last date, both inside. Dates are `YYYY-MM-DD`. */
export function totalDays(startDate: string, endDate: string): number {
  return Math.round((Date.parse(endDate) - Date.parse(startDate)) / DAY_MS) + 1;
}

/** floor(100 x proofDays / days); `proofDays` are distinct dates within the challenge, so at most `days`. */
export function successPercent(proofDays: number, days: number): number {
  return Math.floor((100 * proofDays) / days);
}
