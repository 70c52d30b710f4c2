/** What a check of `settle doctor` is and says. One check, one file in checks/; none of them changes anything. */
import type { Database } from '../database/database.ts';

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
  /** Where rankings are published; undefined: nowhere. */
  readonly redisUrl?: string;
}

export interface Check {
  readonly name: string;
  /** Needs settle's tables: left out where they are missing or out of date. */
  readonly needsSchema?: boolean;
  run(context: CheckContext): Promise<Finding | readonly Finding[]>;
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
