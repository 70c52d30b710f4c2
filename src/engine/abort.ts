/** Tells an error that is the answer to a stop from one that is a failure. */

/** Causes of causes are followed so far; a chain can be a ring. */
const CAUSE_DEPTH_MAX = 4;

/**
 * True when `signal` is aborted and the error, or a cause of it, is what that makes its users throw: the signal's own
 * reason (`throwIfAborted`, `fetch`), or an AbortError (the functions of Node).
 */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  let at: unknown = error;
  for (let depth = 0; depth <= CAUSE_DEPTH_MAX && at !== undefined && at !== null; depth++) {
    if (at === signal.reason) return true;
    const { name, cause } = at as { name?: unknown; cause?: unknown };
    if (name === 'AbortError') return true;
    at = cause;
  }
  return false;
}
