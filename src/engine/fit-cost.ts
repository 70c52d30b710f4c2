/**
 * What a step takes by what it took: a time to begin and a time a unit, fitted to earlier runs. Pure.
 *
 * Both are looked for by their logarithms, so that neither is ever negative and that a run of 10 ms counts as much as one
 * of an hour. What was known beforehand holds each like a fraction of an observation: a run of one unit says something of
 * the beginning and nothing of the rate, which then stays what it was.
 */

/** What is known before any run; milliseconds, and milliseconds a unit. */
export interface CostLine {
  readonly startMs: number;
  readonly unitMs: number;
}

export interface CostObservation {
  readonly units: number;
  readonly ms: number;
}

/** How much of an observation the beforehand knowledge of each of the two is worth. */
const PRIOR_WEIGHT = 0.1;
/** No machine is this much faster or slower than the one of the built-in rates. */
const RATIO_MAX = 50;
/** An observation this far off, as a logarithm, pulls no harder than one at this distance: the machine was busy. */
const OUTLIER = 0.4;
/** Clocks have milliseconds. */
const MS_MIN = 1;
const ITERATIONS = 40;
const CONVERGED = 1e-6;

/** The line that observations and prior knowledge agree on best; the prior itself without observations. */
export function fitCost(prior: CostLine, observations: readonly CostObservation[]): CostLine {
  const begin = [Math.log(prior.startMs), Math.log(prior.unitMs)];
  let [start, unit] = begin;
  for (let round = 0; round < ITERATIONS; round++) {
    // Gauss-Newton over the two logarithms, with weights that bound what a single run can do.
    let [ss, su, uu] = [PRIOR_WEIGHT, 0, PRIOR_WEIGHT];
    let [gs, gu] = [PRIOR_WEIGHT * (start - begin[0]), PRIOR_WEIGHT * (unit - begin[1])];
    for (const { units, ms } of observations) {
      const startMs = Math.exp(start);
      const unitsMs = Math.exp(unit) * units;
      const error = Math.log((startMs + unitsMs) / Math.max(MS_MIN, ms));
      const weight = Math.min(1, OUTLIER / Math.abs(error));
      const byStart = startMs / (startMs + unitsMs);
      const byUnit = 1 - byStart;
      ss += weight * byStart * byStart;
      su += weight * byStart * byUnit;
      uu += weight * byUnit * byUnit;
      gs += weight * byStart * error;
      gu += weight * byUnit * error;
    }
    const determinant = ss * uu - su * su;
    const stepStart = bounded((gs * uu - gu * su) / determinant, 1);
    const stepUnit = bounded((gu * ss - gs * su) / determinant, 1);
    start = begin[0] + bounded(start - stepStart - begin[0], Math.log(RATIO_MAX));
    unit = begin[1] + bounded(unit - stepUnit - begin[1], Math.log(RATIO_MAX));
    if (Math.abs(stepStart) + Math.abs(stepUnit) < CONVERGED) break;
  }
  return { startMs: Math.exp(start), unitMs: Math.exp(unit) };
}

export function costOf({ startMs, unitMs }: CostLine, units: number): number {
  return startMs + unitMs * units;
}

function bounded(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
