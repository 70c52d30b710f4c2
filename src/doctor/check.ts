/** What a check of `settle doctor` is and says. One check, one file in checks/; none of them changes anything. */
import type { Migration } from '../../migrations/migration.ts';
import type { Database } from '../database/database.ts';
import type { Privilege } from '../database/inspect.ts';
import type { WantedColumns } from '../database/wanted-column.ts';
import type { SetAsideStore } from '../engine/set-aside.ts';
import type { Mappings } from '../mapping/mapping.ts';

/** `warn`: settle works, but somebody should look. `fail`: it does not work, or soon will not. */
export type Verdict = 'pass' | 'warn' | 'fail';

export interface Finding {
  readonly verdict: Verdict;
  /** One line: what was found. */
  readonly message: string;
  /** What to do about it; for everything but `pass`. */
  readonly hint?: string;
  /** The exit code of a `fail` that a person must put right, rather than time or a retry: 2. Default 1. */
  readonly needsConfiguration?: boolean;
}

export interface CheckContext {
  readonly database: Database;
  /** This machine's clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Worker threads that a run would have. */
  readonly workers: number;
  /** What the schema must have. Default: what the engine needs. */
  readonly migrations?: readonly Migration[];
  /** Names of migrations that this version of settle has besides. */
  readonly knownMigrations?: readonly string[];
  /** Of the program's domains. Default: none. */
  readonly domains?: readonly DomainHealth[];
  readonly setAside?: readonly SetAsideStore[];
  /** What the configuration maps. Default: nothing. */
  readonly mappings?: Mappings;
}

export interface Check {
  readonly name: string;
  /** Needs settle's tables: left out where they are missing or out of date. */
  readonly needsSchema?: boolean;
  /** Reads tables that may be mapped: left out where a mapping is wrong, which is named once. */
  readonly readsMapped?: boolean;
  run(context: CheckContext): Promise<Finding | readonly Finding[]>;
}

/** What a domain adds to `settle doctor`. */
export interface DomainHealth {
  readonly checks?: readonly DomainCheck[];
  readonly privileges?: DomainPrivileges;
  /** Columns of tables that other programs fill, by table. */
  readonly columns?: Readonly<Record<string, WantedColumns>>;
  /** What may go wrong where times of these tables are kept to less than a millisecond: one clause. */
  readonly imprecision?: string;
}

export interface DomainCheck extends Check {
  /** Name of the engine's check that it comes before. Default: at the end. */
  readonly before?: string;
}

export type PrivilegesOf = Readonly<Record<string, readonly Privilege[]>>;

export interface DomainPrivileges {
  /** What a run needs on tables that the domain's migrations make. */
  readonly own?: PrivilegesOf;
  /** What a run needs on tables that other programs fill or read. */
  readonly sources?: PrivilegesOf;
  /** What filling these tables needs besides. */
  readonly imports?: PrivilegesOf;
}

export function pass(message: string): Finding {
  return { verdict: 'pass', message };
}

export function warn(message: string, hint: string): Finding {
  return { verdict: 'warn', message, hint };
}

/** Something that time or a retry may put right. */
export function fail(message: string, hint: string): Finding {
  return { verdict: 'fail', message, hint };
}

/** Something that a person must put right. */
export function misconfigured(message: string, hint: string): Finding {
  return { verdict: 'fail', message, hint, needsConfiguration: true };
}
