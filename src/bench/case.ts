/**
 * The contract of a benchmark case: which contenders do the same work, what is read off each attempt, and what is
 * expected of it. A case is one file in cases/, named in cases/index.ts; run-bench.ts does the rounds and the measuring.
 */
import type { Database } from '../database/database.ts';
import type { DialectName } from '../database/dialect.ts';
import type { PreparedData } from './bench-data.ts';
import type { DataSpec } from './data-spec.ts';
import type { ProcessOptions, ProcessOutcome } from './run-process.ts';

/** One way to do the work of a case. */
export interface Contender {
  /** What `--contenders` and ratios call it: lower case and dashes, unique in its case. */
  readonly name: string;
  /** What it is, in a few words, for people. */
  readonly label: string;
  /** Ours, somebody else's, or a bound that none can pass. Decides the colour of its bar, nothing else. */
  readonly role: 'settle' | 'peer' | 'limit';
  /** Takes so long that it has a number of rounds of its own (`--rounds-slow`). */
  readonly isSlow?: boolean;
  /**
   * Called once, before the first round: builds, compiles, warms up. Resolves to the reason why it cannot run here, as
   * the reader of a report is to see it; undefined when it is ready. What it throws is taken for such a reason too.
   */
  prepare?(): Promise<string | undefined>;
  /** One attempt. What it throws is reported as a failed attempt; the other contenders go on. */
  run(): Promise<AttemptResult>;
}

/** What a contender tells of one attempt; what is measured from outside is added by run-bench.ts. */
export interface AttemptResult {
  /** Seconds of the compared work, without the start of a process where the contender can tell them apart. */
  readonly seconds: number;
  /** Seconds from the start to the end of the process, or `seconds` where there is none. */
  readonly wallSeconds?: number;
  /** Rows or items that the work was done for: makes rows/s, and so ratios between unequal numbers of rows. */
  readonly rows: number;
  /** Why the result is not what it should be; undefined when it is right. A wrong attempt counts in no ratio. */
  readonly wrong?: string;
  /** Other numbers of this attempt by name, as the case's `figures` describe them. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A number beside the time: described once in the case, given by attempts, summed up over the rounds. */
export interface FigureDefinition {
  readonly name: string;
  /** What it is, in a few words. */
  readonly label: string;
  /** `ms`, `s`, `rows`, `MB`, ... */
  readonly unit: string;
  /** Contenders that it is shown of; undefined: all that give it. */
  readonly of?: readonly string[];
  /** Bounds of the median; absolute, so a report only says whether they hold. They never end `--ci` with 1. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** How fast one contender is beside another one of the same run: rate of `of` / rate of `against`, medians. */
export interface RatioDefinition {
  /** What `--floor` calls it: lower case and dashes, unique in its case. */
  readonly name: string;
  readonly of: string;
  readonly against: string;
  /** The ratio wanted; a report says whether it was reached. */
  readonly target?: number;
  /** Below it `--ci` ends with 1, unless `--floor` says otherwise. */
  readonly ciFloor?: number;
}

/** What a case is given. */
export interface CaseContext {
  /** The database named by the settings. Its rows are those of `data`. */
  readonly database: Database;
  /** What was asked for by `--rows`, `--shape`, ...: for cases that make data of other kinds from it. */
  readonly spec: DataSpec;
  /** The view log in `database`. A case with `needsData: false` must not ask for it. */
  readonly data: PreparedData;
  readonly options: BenchOptions;
  /** Says to a person what is going on, on stderr. */
  tell(message: string): void;
  /**
   * A database of the bench's own beside the main one (`NAME_suffix` on a server, `FILE-suffix` for SQLite) with a log
   * made by `spec`, reused when it was made by the same: see bench-data.ts. Closed by run-bench.ts.
   */
  openData(suffix: string, spec: DataSpec): Promise<{ readonly database: Database; readonly data: PreparedData }>;
  /** As `openData`, migrated but without views: a case fills it as it likes. */
  openEmpty(suffix: string): Promise<Database>;
  /** Runs a process to its end. All that run during an attempt are measured together, with all that they start. */
  runProcess(command: string, args: readonly string[], options?: ProcessOptions): Promise<ProcessOutcome>;
  /** Runs `settle ...args` on `database` (default: the main one) as a user would, in a process of its own. */
  runSettle(
    args: readonly string[],
    options?: ProcessOptions & { readonly database?: Database },
  ): Promise<ProcessOutcome>;
}

/** What `settle bench` was asked for, of interest to cases. */
export interface BenchOptions {
  /** Folder with the peers; undefined when there is none. */
  readonly peersFolder: string | undefined;
  /** Small and quick. */
  readonly isCi: boolean;
}

export interface BenchCase {
  /** What the command line calls it. */
  readonly name: string;
  readonly title: string;
  /** What is compared with what, in a sentence or two that stand above its table. */
  readonly description: string;
  /** Dialects that it can run on; undefined: all. */
  readonly dialects?: readonly DialectName[];
  /** Runs only when it is named: it takes long, or much room. */
  readonly onRequest?: boolean;
  /** False for a case that uses no view log in the main database: none is made for it. Default true. */
  readonly needsData?: boolean;
  /** What `rows` of an attempt are; default `rows`. */
  readonly unit?: string;
  readonly ratios: readonly RatioDefinition[];
  readonly figures?: readonly FigureDefinition[];
  /** The contenders, in the order of the report. Called once; may make data. */
  contenders(context: CaseContext): Promise<readonly Contender[]>;
}
