/** What a platform says of the command line as a whole. */
import type { Migration } from '../../migrations/migration.ts';
import type { Settings } from './config.ts';

/** An option of `settle run` that stands for a parameter of jobs. */
export interface ParameterOption {
  /** As commander takes it: `--date <date>`; a switch gives `value`. */
  readonly flags: string;
  readonly description: string;
  readonly parameter: string;
  /** It is the business date, by which logs tell what a run that never began was for. */
  readonly isBusinessDate?: boolean;
  /** Of a switch: the parameter's text. */
  readonly value?: string;
  /** The text as jobs take it. @throws SettleError (exit 2) */
  canonical?(text: string): Promise<string>;
  /** The text for a job that has the parameter and is given none. */
  fromSettings?(settings: Pick<Settings, 'zone'>): string | undefined;
  /** What a job lacks that does not have the parameter; default: the parser's own words. */
  readonly absent?: { readonly problem: string; readonly hint: string };
}

/** An option of the program that starts a job: `settle --date D` for `settle run daily --date D`. */
export interface Shorthand {
  readonly option: string;
  readonly job: string;
  /** For help: `2026-11-20`. */
  readonly example: string;
  /** For hints: `YYYY-MM-DD`. */
  readonly placeholder: string;
}

/** The switch that starts a job although its `requireFit` refuses. */
export interface ForceOption {
  readonly flags: string;
  readonly description: string;
  /** A clause behind the refusal, when the switch is given. */
  readonly told: string;
}

export interface PlatformOptions {
  /** One line at the head of `settle --help`. */
  readonly description: string;
  /** Of the engine and of every domain, in the order in which they are applied. */
  migrations(): Promise<readonly Migration[]>;
  /** Their names, where these are to be had without loading them. Default: of `migrations`. */
  migrationNames?(): Promise<readonly string[]>;
  /** Names of migrations that this version of settle has besides: what they made may be in the same database. */
  knownMigrations?(): Promise<readonly string[]>;
  readonly runOptions?: readonly ParameterOption[];
  readonly shorthand?: Shorthand;
  readonly force?: ForceOption;
  /** Commands in the order of `--help`, `ledger post` for one of a group; others come behind. */
  readonly commandOrder?: readonly string[];
  /** Text at the end of the help of the engine's commands, by command: examples with the platform's jobs. */
  readonly help?: Readonly<Record<string, string>>;
}
