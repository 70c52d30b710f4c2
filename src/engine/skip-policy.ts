/**
 * Which errors of single items a chunk step passes over, which it tries again, and how many at most: data and pure
 * decisions. What acts on them is src/steps/chunk-faults.ts and item-step.ts.
 */
import { classifyError, toSettleError } from '../database/errors.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { BackOff } from './retry-policy.ts';

/**
 * A kind of error: a class of errors; a text, which is `data` (whatever the database says about a row or a value), a
 * `code` or a `name`; or a test of one's own, `{ matches: (error) => ... }`.
 */
export type ErrorKind = string | (abstract new (...args: never[]) => Error) | ErrorTest;

/** Says by itself whether an error is meant. */
export interface ErrorTest {
  readonly matches: (error: unknown) => boolean;
}

export interface SkipPolicy {
  /** Records that may be passed over, reading, processing and writing together, over all executions of the instance. */
  readonly limit: number;
  readonly on: readonly ErrorKind[];
}

export interface ItemRetry {
  /** Attempts after the first one. */
  readonly limit: number;
  readonly on: readonly ErrorKind[];
  /** The waits between them. */
  readonly backOff?: BackOff;
}

/** Another attempt is to come. */
export interface RetryEvent {
  readonly phase: 'process' | 'write';
  readonly error: unknown;
  /** 1 after the first attempt, and so on. */
  readonly failures: number;
  /** What tells the item apart; undefined for a chunk of several that is written. */
  readonly key: string | undefined;
}

export type SkipPhase = 'read' | 'process' | 'write';

/** A record that is passed over, as it is kept for people and for `replay`. */
export interface SkippedRecord {
  readonly phase: SkipPhase;
  /** What tells the record apart in its source; empty when unknown. */
  readonly key: string;
  /** JSON of the item; empty when it could not even be read. */
  readonly payload: string;
  /** One line. */
  readonly error: string;
}

export const SKIP_LIMIT = 'SKIP_LIMIT';

/** True when the error is of one of these kinds. */
export function isOfKind(error: unknown, kinds: readonly ErrorKind[]): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return kinds.some((kind) => {
    if (typeof kind === 'function') return error instanceof kind;
    if (typeof kind === 'object') return kind.matches(error);
    return kind === code || kind === name || (kind === 'data' && classifyError(error) === 'data');
  });
}

/** A transient error is not the record's fault: it is never skipped. */
export function isSkippable(error: unknown, policy: SkipPolicy | undefined): boolean {
  return policy !== undefined && classifyError(error) !== 'transient' && isOfKind(error, policy.on);
}

/** Throws SKIP_LIMIT when so many records are too many; `error` is that of the last one, as far as it is known. */
export function requireWithinLimit(policy: SkipPolicy, skipCount: number, error?: string): void {
  if (skipCount <= policy.limit) return;
  const last = error === undefined || error === '' ? '' : `; the last one: ${error}`;
  throw new SettleError(
    SKIP_LIMIT,
    ExitCode.failed,
    `${skipCount} records would have been skipped, and the skip limit is ${policy.limit}${last}`,
    { hint: 'correct the records, or raise the limit, then start the run again' },
  );
}

/** The error as one line of a skipped record. */
export function skipReason(error: unknown): string {
  return toSettleError(error).message;
}
