/** What became of each run of a series, and of the series as a whole. Pure. */
import { ExitCode } from '../../errors.ts';

export type SeriesOutcome =
  | 'completed'
  | 'completed-with-skips'
  | 'already-complete'
  /** Complete, but what it was computed from has changed since. */
  | 'outdated'
  | 'failed'
  | 'stopped'
  /** It has done what needs nothing of the run before, and waits for that one. */
  | 'held-up'
  | 'not-started';

export interface SeriesLine {
  readonly date: string;
  readonly outcome: SeriesOutcome;
  readonly exitCode: number;
  readonly execution?: number;
  readonly durationMs?: number;
  /** One clause, where there is something to say. */
  readonly reason?: string;
  /** The command or sentence to go on with. */
  readonly next?: string;
}

/** Of several failures the one that most needs a person. */
const WORST_FIRST: readonly number[] = [
  ExitCode.invariantBroken,
  ExitCode.schemaOutdated,
  ExitCode.usage,
  ExitCode.failed,
];

/** By the contract of one run; a stop by a signal says so first. */
export function seriesExitCode(lines: readonly SeriesLine[], stoppedBy: number | undefined): number {
  const failed = new Set(lines.filter(({ outcome }) => outcome === 'failed').map(({ exitCode }) => exitCode));
  const worst = WORST_FIRST.find((code) => failed.has(code)) ?? (failed.size > 0 ? ExitCode.failed : undefined);
  const of = (outcome: SeriesOutcome) => lines.find((line) => line.outcome === outcome);
  if (stoppedBy !== undefined && lines.some(({ outcome }) => !isDone(outcome) && outcome !== 'failed'))
    return stoppedBy;
  if (worst !== undefined) return worst;
  const unfinished = of('stopped') ?? of('held-up') ?? of('not-started');
  if (unfinished !== undefined) return of('stopped')?.exitCode ?? ExitCode.failed;
  if (of('outdated') !== undefined) return ExitCode.outdated;
  return of('completed-with-skips') === undefined ? ExitCode.completed : ExitCode.completedWithSkips;
}

/** Whether nothing is left to be done by a start of the same command. */
export function isDone(outcome: SeriesOutcome): boolean {
  return ['completed', 'completed-with-skips', 'already-complete', 'outdated'].includes(outcome);
}
