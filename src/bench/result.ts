/**
 * What a benchmark found, as `--json` prints it and `--from` reads it: every attempt with what was measured of it. All
 * reports are made from this and nothing else, so a run can be shown again in another form, and runs can be joined.
 */
import type { FigureDefinition, RatioDefinition } from './case.ts';

export const FORMAT_VERSION = 1;

/** One attempt: what its contender said, and what was measured from outside. */
export interface Attempt {
  /** Counted from 1. */
  readonly round: number;
  readonly startedAt: string;
  /** Load average of the last minute at its start: of the attempts before it, too. */
  readonly loadBefore: number;
  /** Share of all cores that was busy just before it, when nothing of the bench was: 0 to 1. */
  readonly othersBefore: number;
  readonly seconds: number;
  readonly wallSeconds: number;
  readonly rows: number;
  /** Of the client's whole process tree; pages that its processes share are counted in each. */
  readonly peakRssBytes: number | undefined;
  /** CPU seconds, user and system, of the client's whole process tree. */
  readonly clientCpuSeconds: number | undefined;
  /** Of the database server's process, where it runs here. */
  readonly serverCpuSeconds: number | undefined;
  /** By the server's own count, both directions; undefined for SQLite. */
  readonly wireBytes: number | undefined;
  readonly wrong?: string;
  /** The one line in which it failed. */
  readonly failed?: string;
  readonly figures?: Readonly<Record<string, number>>;
}

export interface ContenderResult {
  readonly name: string;
  readonly label: string;
  readonly role: 'settle' | 'peer' | 'limit';
  /** Why it did not run. */
  readonly missing?: string;
  readonly attempts: readonly Attempt[];
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What the rows of attempts are. */
  readonly unit: string;
  /** The data, the database and its version: what makes two results of the same case comparable. */
  readonly conditions: string;
  /** Settings of the database that matter. */
  readonly server: Readonly<Record<string, string>>;
  readonly contenders: readonly ContenderResult[];
  readonly ratios: readonly RatioDefinition[];
  readonly figures: readonly FigureDefinition[];
  /** Why the case did not run at all. */
  readonly missing?: string;
}

export interface BenchResult {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly startedAt: string;
  readonly settleVersion: string;
  /** Processor, memory, system, Node. */
  readonly machine: Readonly<Record<string, string>>;
  /** What could not be measured, and why. */
  readonly notMeasured: readonly string[];
  readonly cases: readonly CaseResult[];
}
