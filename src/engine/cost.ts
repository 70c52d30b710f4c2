/**
 * The cost model: what a run will take, from what a unit of its work takes. Each step's time is a start plus its units
 * (rows, videos, ...) at a rate; both are fitted to the earlier runs in the same database (fit-cost.ts), beginning from
 * built-in ones. Pure, but for the types that name who counts the units.
 */
import type { Database } from '../database/database.ts';
import { type CostLine, type CostObservation, costOf, fitCost } from './fit-cost.ts';

/** The units of every partitioned step that counts no unit of its own: the plan counts them. */
export const ROWS = 'rows';

/** What is known of a job's cost before it has ever run: measured once, on the machine of docs/performance.md. */
export interface JobCost {
  /** Units other than rows, counted now: no more than there will be. */
  count?(database: Database): Promise<Readonly<Record<string, number>>>;
  /**
   * For units other than rows: the step whose read count was their number in an earlier run. There are never more of them
   * than rows.
   */
  readonly countedBy?: Readonly<Record<string, string>>;
  /** By step; one that is not named takes as long as it mostly does. */
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

/** A completed run of the same job. */
export interface PastRun {
  readonly execution: number;
  readonly workers: number;
  readonly rows: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  /** From its start to its end. */
  readonly ms: number;
  /** `units` is the read count of the step. */
  readonly steps: Readonly<Record<string, { readonly ms: number; readonly units: number }>>;
}

export interface Prediction {
  readonly ms: number;
  /** What it hardly falls below, and hardly goes beyond. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly cpuMs: number;
  readonly memoryMb: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly workers: number;
  /** The runs that it was fitted to, newest first; empty: the built-in rates. */
  readonly basis: readonly PastRun[];
}

/** A step that nothing is known of: what the shortest statement takes, and a rate that any run will correct. */
const UNKNOWN_STEP: StepCost = { by: '', startMs: 8, unitUs: 0.001, unitCpuUs: 0, workerGain: 0 };
/** What lies between the steps, each of them: their rows in the repository. */
const BETWEEN_STEPS_MS = 5;
/** Distinct things grow more slowly than rows: most rows are of things that are there already. */
const DISTINCT_EXPONENT = 0.7;
/** As a logarithm of rows: a run that is a hundred times smaller tells half of how many distinct things there are. */
const DISTANCE_HALF_TRUSTED = Math.log(100);
/** How sure a prediction is: as logarithms, without any run, and for what lies outside of what was seen. */
const UNCERTAINTY = 0.7;
const UNCERTAINTY_OUTSIDE = 0.3;
/** Two of what is called a standard deviation where errors are normal. */
const DEVIATIONS = 2;
const UNCERTAINTY_MIN = 0.1;

/**
 * @param past newest first
 * @param units by name; `rows` are those still to be read
 * @returns undefined when neither an earlier run nor a built-in rate says anything
 */
export function predictCost(
  stepNames: readonly string[],
  cost: JobCost | undefined,
  past: readonly PastRun[],
  units: Readonly<Record<string, number>>,
  workers: number,
): Prediction | undefined {
  if (cost === undefined && past.length === 0) return undefined;
  const expected = expectUnits(cost, past, units);
  const lines = new Map(stepNames.map((name) => [name, fitStep(name, cost, past)]));
  const between: CostLine = fitCost(
    { startMs: BETWEEN_STEPS_MS * stepNames.length, unitMs: Number.MIN_VALUE },
    past.map((run) => ({ units: 0, ms: run.ms - stepsMs(run) })),
  );
  const predict = (of: Readonly<Record<string, number>>, on: number) => {
    const steps: Record<string, number> = {};
    for (const [name, line] of lines) {
      const known = stepCost(cost, name);
      steps[name] = costOf(line, shared(of[known.by] ?? 0, known, on));
    }
    return { steps, ms: Object.values(steps).reduce((sum, one) => sum + one, costOf(between, 0)) };
  };
  const { steps, ms } = predict(expected, workers);
  const errors = past.map((run) => Math.log(predict(pastUnits(cost, run), run.workers).ms / Math.max(1, run.ms)));
  const spread = Math.exp(DEVIATIONS * uncertainty(errors, past, expected[ROWS] ?? 0));
  return {
    ms,
    fromMs: ms / spread,
    toMs: ms * spread,
    cpuMs:
      past.length === 0
        ? builtInCpuMs(stepNames, cost, expected)
        : ms * middle(past.map((run) => run.cpuMs / Math.max(1, run.ms))),
    memoryMb: Math.max(0, ...past.map(({ peakMb }) => peakMb), cost?.memoryMb(expected, workers) ?? 0),
    steps: Object.fromEntries(Object.entries(steps).map(([name, one]) => [name, Math.round(one)])),
    workers,
    basis: past,
  };
}

/** Units of a name that an earlier run counted: as many as its number of rows suggests, never more than counted now. */
function expectUnits(
  cost: JobCost | undefined,
  past: readonly PastRun[],
  units: Readonly<Record<string, number>>,
): Record<string, number> {
  const rows = units[ROWS] ?? 0;
  const expected: Record<string, number> = {};
  for (const [name, count] of Object.entries(units)) {
    expected[name] = name === ROWS ? count : Math.min(count, rows);
    const seen = past.filter((run) => run.rows > 0 && pastUnits(cost, run)[name] !== undefined);
    if (name === ROWS || seen.length === 0 || rows === 0) continue;
    const distance = (run: PastRun) => Math.abs(Math.log(run.rows / rows));
    const nearest = seen.reduce((best, run) => (distance(run) < distance(best) ? run : best));
    const likely = pastUnits(cost, nearest)[name] * (rows / nearest.rows) ** DISTINCT_EXPONENT;
    // A run of a few rows says little of a large date: the farther away it is, the less it counts.
    const trust = 1 / (1 + distance(nearest) / DISTANCE_HALF_TRUSTED);
    const blended = Math.max(1, likely) ** trust * Math.max(1, expected[name]) ** (1 - trust);
    expected[name] = Math.min(expected[name], Math.ceil(likely < expected[name] ? blended : likely));
  }
  return expected;
}

function pastUnits(cost: JobCost | undefined, run: PastRun): Record<string, number> {
  const units: Record<string, number> = { [ROWS]: run.rows };
  for (const [name, step] of Object.entries(cost?.countedBy ?? {})) {
    const counted = run.steps[step]?.units;
    if (counted !== undefined) units[name] = counted;
  }
  return units;
}

function fitStep(name: string, cost: JobCost | undefined, past: readonly PastRun[]): CostLine {
  const known = stepCost(cost, name);
  const observations: CostObservation[] = [];
  for (const run of past) {
    const step = run.steps[name];
    const units = known.by === '' ? 0 : pastUnits(cost, run)[known.by];
    if (step !== undefined && units !== undefined)
      observations.push({ units: shared(units, known, run.workers), ms: step.ms });
  }
  return fitCost({ startMs: Math.max(1, known.startMs), unitMs: Math.max(1e-9, known.unitUs / 1000) }, observations);
}

function stepCost(cost: JobCost | undefined, name: string): StepCost {
  return cost?.steps[name] ?? UNKNOWN_STEP;
}

/** What is left of the units for each worker, by how much the others help. */
function shared(units: number, { workerGain }: StepCost, workers: number): number {
  return units / (1 + (workers - 1) * workerGain);
}

function stepsMs(run: PastRun): number {
  return Object.values(run.steps).reduce((sum, { ms }) => sum + ms, 0);
}

/** As a logarithm: what the fit missed, what few runs cannot say, and what lies outside of their rows. */
function uncertainty(errors: readonly number[], past: readonly PastRun[], rows: number): number {
  const missed = errors.reduce((sum, error) => sum + error * error, 0) / Math.max(1, errors.length);
  const unseen = (UNCERTAINTY / DEVIATIONS) ** 2 / (1 + errors.length);
  const away = past.map((run) => Math.abs(Math.log((rows + 1) / (run.rows + 1))));
  const outside = past.length === 0 ? 0 : (UNCERTAINTY_OUTSIDE * Math.min(...away)) ** 2 / DEVIATIONS ** 2;
  return Math.max(UNCERTAINTY_MIN, Math.sqrt(missed + unseen + outside));
}

function builtInCpuMs(
  stepNames: readonly string[],
  cost: JobCost | undefined,
  units: Readonly<Record<string, number>>,
): number {
  return stepNames.reduce((sum, name) => {
    const known = stepCost(cost, name);
    return sum + known.startMs + ((units[known.by] ?? 0) * known.unitCpuUs) / 1000;
  }, 0);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
