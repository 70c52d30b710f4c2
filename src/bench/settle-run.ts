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
