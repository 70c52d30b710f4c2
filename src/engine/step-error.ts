/** Names the step, and the item where it is known, in an error that the code of a step has thrown. */
import { toSettleError, UNEXPECTED } from '../database/errors.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';

const STEP_FAILED = 'STEP_FAILED';
/** Causes of causes are followed so far; a chain can be a ring. */
const CAUSE_DEPTH_MAX = 4;

/** Makes known whose error it is; which step's is said by `stepError`. @param item the item's kind and key, as `order 17` */
export function nameItem(error: unknown, item: string): void {
  if (typeof error === 'object' && error !== null) itemNames.set(error, item);
}

const itemNames = new WeakMap<object, string>();

function nameOfItem(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? itemNames.get(error) : undefined;
}

/**
 * `step send, order 17: fetch failed (ECONNREFUSED)`. A SettleError is left as it is: it was worded on purpose. An error
 * of the database keeps its code, exit code and hint.
 * @param item the item's kind and key, as `order 17`; undefined when the error is not that of one item. Default: what
 * `nameItem` was told of the error
 */
export function stepError(error: unknown, stepName: string, item = nameOfItem(error)): SettleError {
  if (isSettleError(error)) return error;
  const known = toSettleError(error);
  const place = item === undefined ? `step ${stepName}` : `step ${stepName}, ${item}`;
  const isOwnCode = known.code === UNEXPECTED;
  // What the database says is clear without the step, and expected by its words.
  if (!isOwnCode && item === undefined) return known;
  const code = isOwnCode ? codeInside(error) : undefined;
  const message = `${place}: ${known.message}${code === undefined ? '' : ` (${code})`}`;
  if (!isOwnCode) return new SettleError(known.code, known.exitCode, message, { hint: known.hint, cause: error });
  return new SettleError(STEP_FAILED, ExitCode.failed, message, {
    hint: 'the code of the step threw this; --log-level debug shows where; a restart goes on after the last commit',
    cause: error,
  });
}

/** The first code along the causes that the message does not say: `fetch failed` keeps ECONNREFUSED in its cause. */
function codeInside(error: unknown): string | undefined {
  const message = String((error as { message?: unknown } | null)?.message ?? '');
  let at: unknown = error;
  for (let depth = 0; depth <= CAUSE_DEPTH_MAX && at !== undefined && at !== null; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && code !== '') return message.includes(code) ? undefined : code;
    at = cause;
  }
  return undefined;
}
