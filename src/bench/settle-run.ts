/** Reads what `settle run JOB --json` prints, and what settle measures of itself when it is asked to. Pure. */

export interface SettleRun {
  readonly id: number;
  readonly status: string;
  readonly durationMs: number;
  readonly startTime: string;
  /** Rows or items that the run counts for. */
  readonly rows: number;
  /** Verdict -> rows, and `read`; empty for a job without verdicts. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly steps: readonly SettleStep[];
  readonly context: {
    /** Delays of the main thread's event loop, where MEASURE_ENVIRONMENT asked for them. */
    readonly eventLoop?: { readonly maxMs: number; readonly p99Ms: number };
  };
}

/** Has a run measure its event loop. */
export const MEASURE_ENVIRONMENT = { SETTLE_MEASURE: '1' };

/** The figure of every case that runs settle with MEASURE_ENVIRONMENT. */
export const EVENT_LOOP_FIGURE = {
  name: 'eventLoop',
  label: 'longest time that the main thread was blocked',
  unit: 'ms',
  atMost: 50,
};

/** `{ eventLoop }` in milliseconds; empty when the run did not measure it. */
export function eventLoopFigure({ context }: SettleRun): Record<string, number> {
  const { eventLoop } = context;
  return eventLoop === undefined ? {} : { [EVENT_LOOP_FIGURE.name]: eventLoop.maxMs };
}

export interface SettleStep {
  readonly name: string;
  readonly status: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly durationMs: number;
  readonly readCount: number;
  readonly writeCount: number;
  readonly partitions: readonly { readonly partition: number; readonly readCount: number; readonly rowsDone: number }[];
}

/** @throws Error when this is not what a run prints */
export function parseSettleRun(stdout: string): SettleRun {
  return JSON.parse(stdout) as SettleRun;
}

/** Seconds from the start of the run to the end of the named step. @throws Error when the run has no such step */
export function secondsUntil(run: SettleRun, stepName: string): number {
  const step = run.steps.find(({ name }) => name === stepName);
  if (step === undefined) throw new Error(`the run has no step ${stepName}`);
  return (Date.parse(step.endTime) - Date.parse(run.startTime)) / 1000;
}
