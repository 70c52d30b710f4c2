/**
 * What a job tells of one of its executions, besides what the engine knows of every one: `settle show` and the end of a
 * run print it. Data only; the command line lays it out.
 */
import type { BatchStatus } from '../repository/types.ts';
import type { ContextValue } from './execution-context.ts';

/** A step of the execution; a partitioned one as a whole. */
export interface DescribedStep {
  readonly name: string;
  readonly writeCount: number;
  readonly filterCount: number;
  readonly readSkipCount: number;
  readonly processSkipCount: number;
  readonly writeSkipCount: number;
  readonly context: Readonly<Record<string, ContextValue>>;
}

export interface DescribedExecution {
  readonly id: number;
  readonly status: BatchStatus;
  readonly exitMessage: string;
  /** Name -> text, as stored. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the job. */
  readonly context: Readonly<Record<string, ContextValue>>;
  readonly steps: readonly DescribedStep[];
}

export type VerdictCounts = Readonly<Record<string, number | bigint>>;

/** Every part may be absent. */
export interface ExecutionDescription {
  /** Rows by what became of them; `read`, where it is there, is their sum. `verdicts` in --json. */
  readonly verdicts?: VerdictCounts;
  /** Those of the run that this one replaced. */
  readonly verdictsBefore?: VerdictCounts;
  /** Further fields of --json. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Lines at the end of a run, below its first. */
  readonly lines?: readonly string[];
  /** Lines below a title, at the end of a run and in `show`. */
  readonly blocks?: readonly { readonly title: string; readonly lines: readonly string[] }[];
  /** Keys of contexts that the above has told already. */
  readonly contextKeys?: readonly string[];
  /** Commands that go on after a failure in place of `settle restart`, where a restart would fail again; the likeliest first. */
  readonly retry?: readonly string[];
  /** Commands that show what was computed. */
  readonly results?: readonly string[];
}
