/**
 * The cost model: what a run will take, from what a unit of its work takes. Each step's time is a start plus its units
 * (rows, videos, ...) at a rate; the rates are those of an earlier run in the same database, or built-in ones. Pure, but
 * for the types that name who counts the units.
 */
import type { Database } from '../database/database.ts';

/** The units of every partitioned step, which the plan counts. */
export const ROWS = 'rows';

/** What is known of a job's cost before it has ever run: measured once, on the machine of docs/performance.md. */
export interface JobCost {
  /** Units other than rows, counted now. */
  count?(database: Database): Promise<Readonly<Record<string, number>>>;
  /** By step; one that is not named takes as long as last time. */
  readonly steps: Readonly<Record<string, StepCost>>;
  /** Peak of the process, in MB. */
  memoryMb(units: Readonly<Record<string, number>>, workers: number): number;
}

export interface StepCost {
  /** `rows`, or one of the job's own units. */
  readonly by: string;
  /** What it takes when there is nothing to do. */
  readonly startMs: number;
  /** Microseconds a unit, on one worker. */
  readonly unitUs: number;
  /** Microseconds of this process's processor a unit. */
  readonly unitCpuUs: number;
  /** How much faster each further worker makes it, from 0 (not at all) to 1. */
  readonly workerGain: number;
}

/** A completed run of the same job with as many workers. */
export interface PastRun {
  readonly execution: number;
  readonly rows: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly steps: Readonly<Record<string, { readonly ms: number; readonly units: number }>>;
}

export interface Prediction {
  readonly ms: number;
  readonly cpuMs: number;
  readonly memoryMb: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly workers: number;
  /** Undefined: the built-in rates. */
  readonly basis: PastRun | undefined;
}

/**
 * @param units by name; `rows` are those still to be read
 * @returns undefined when neither an earlier run nor a built-in rate says anything
 */
export function predictCost(
  stepNames: readonly string[],
  cost: JobCost | undefined,
  past: PastRun | undefined,
  units: Readonly<Record<string, number>>,
  workers: number,
): Prediction | undefined {
  if (cost === undefined && past === undefined) return undefined;
  const steps: Record<string, number> = {};
  let builtInCpuMs = 0;
  for (const name of stepNames) {
    const known = cost?.steps[name];
    const count = known === undefined ? undefined : units[known.by];
    steps[name] = Math.round(stepMs(known, past?.steps[name], count, workers));
    builtInCpuMs += ((count ?? 0) * (known?.unitCpuUs ?? 0)) / 1000 + (known?.startMs ?? 0);
  }
  const ms = Object.values(steps).reduce((sum, one) => sum + one, 0);
  const share = past === undefined ? 1 : ms / Math.max(1, totalMs(past));
  return {
    ms,
    cpuMs: past === undefined ? builtInCpuMs : past.cpuMs * share,
    memoryMb: Math.max(past?.peakMb ?? 0, cost?.memoryMb(units, workers) ?? 0),
    steps,
    workers,
    basis: past,
  };
}

function stepMs(
  known: StepCost | undefined,
  past: { readonly ms: number; readonly units: number } | undefined,
  units: number | undefined,
  workers: number,
): number {
  if (past !== undefined) {
    if (known === undefined || units === undefined || past.units === 0) return past.ms;
    // What it takes to begin does not grow with the units; a step that was quicker than that grew little.
    const startMs = Math.min(known.startMs, past.ms / 2);
    return startMs + ((past.ms - startMs) * units) / past.units;
  }
  if (known === undefined) return 0;
  return known.startMs + ((units ?? 0) * known.unitUs) / 1000 / (1 + (workers - 1) * known.workerGain);
}

function totalMs(past: PastRun): number {
  return Object.values(past.steps).reduce((sum, { ms }) => sum + ms, 0);
}
