/** Errors across the thread boundary: structured clone keeps neither classes nor own properties of an Error. */
import { type ExitCode, isSettleError, SettleError } from '../errors.ts';

/** An error as plain data. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of drivers and of Node. */
  readonly code: string | number | undefined;
  readonly errno: number | undefined;
  readonly sqlMessage: string | undefined;
  /** Present when it is a SettleError. */
  readonly settle:
    | { readonly code: string; readonly exitCode: ExitCode; readonly hint: string | undefined }
    | undefined;
  readonly cause: RemoteError | undefined;
}

/** Causes of causes are followed so far; a chain can be a ring. */
const CAUSE_DEPTH_MAX = 4;

export function toRemoteError(thrown: unknown, depth = 0): RemoteError {
  const error = thrown instanceof Error ? thrown : Object.assign(new Error(String(thrown)), { name: 'Thrown' });
  const { code, errno, sqlMessage } = error as { code?: unknown; errno?: unknown; sqlMessage?: unknown };
  const hasCause = error.cause !== undefined && depth < CAUSE_DEPTH_MAX;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    errno: typeof errno === 'number' ? errno : undefined,
    sqlMessage: typeof sqlMessage === 'string' ? sqlMessage : undefined,
    settle: isSettleError(error) ? { code: error.code, exitCode: error.exitCode, hint: error.hint } : undefined,
    cause: hasCause ? toRemoteError(error.cause, depth + 1) : undefined,
  };
}

/** The error again, with the stack of the thread that threw it. */
export function fromRemoteError(remote: RemoteError): Error {
  const { settle, message, stack, name, code, errno, sqlMessage } = remote;
  const cause = remote.cause === undefined ? undefined : fromRemoteError(remote.cause);
  const error =
    settle === undefined
      ? new Error(message, cause === undefined ? {} : { cause })
      : new SettleError(settle.code, settle.exitCode, message, { hint: settle.hint, cause });
  for (const [key, value] of Object.entries({ name, stack, code, errno, sqlMessage })) {
    if (value !== undefined) Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}
