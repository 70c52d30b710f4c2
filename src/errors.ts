/**
 * The one error type that settle raises on purpose. It carries what a person and a scheduler need: a stable code,
 * the exit code of the command line contract, and what to do next. Guards look at own properties, not at the class,
 * because an error that crosses a thread boundary keeps its properties but loses its prototype.
 */

/** Exit codes of the command line contract (docs/operations.md). */
export const ExitCode = {
  completed: 0,
  failed: 1,
  usage: 2,
  completedWithSkips: 3,
  /** Complete, and what it was computed from has changed since. */
  outdated: 4,
  schemaOutdated: 10,
  alreadyRunning: 11,
  invariantBroken: 20,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface SettleErrorOptions {
  /** What the reader should do now; one sentence. */
  hint?: string;
  cause?: unknown;
}

/** An error whose message is meant for the operator: one clear line, no stack trace. */
export class SettleError extends Error {
  /** Brand that survives structured clone. */
  readonly isSettleError = true;
  /** Stable, upper-case, e.g. `PLAN_OUTDATED`. */
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(code: string, exitCode: ExitCode, message: string, options: SettleErrorOptions = {}) {
    super(hideCredentials(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SettleError';
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** True for a SettleError, also one that came from another thread. */
export function isSettleError(error: unknown): error is SettleError {
  return typeof error === 'object' && error !== null && (error as { isSettleError?: unknown }).isSettleError === true;
}

/**
 * URLs in a text without what stands before their `@`, where that holds a password or may be the half of one. A second
 * net: no message repeats a URL, but drivers and libraries word their own. In linear time.
 */
export function hideCredentials(text: string): string {
  return text.replace(/:\/\/(\S{0,1000})@/g, (whole, userInfo: string) =>
    /[:/?#]/.test(userInfo) ? '://***@' : whole,
  );
}

const PLAN_OUTDATED = 'PLAN_OUTDATED';

/** The data have overtaken the plan of a partitioned step: thrown by a worker, it makes the runner plan anew. */
export function planOutdated(message: string, options?: SettleErrorOptions): SettleError {
  return new SettleError(PLAN_OUTDATED, ExitCode.failed, message, options);
}

export function isPlanOutdated(error: unknown): error is SettleError {
  return isSettleError(error) && error.code === PLAN_OUTDATED;
}

/** Bad input or configuration: exit code 2. */
export function usageError(message: string, hint?: string): SettleError {
  return new SettleError('USAGE', ExitCode.usage, message, { hint });
}
