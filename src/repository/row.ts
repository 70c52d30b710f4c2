/** How the repository's values are stored: instants as UTC text, messages cut to their columns, versions checked. */
import { instantText, parseInstant } from '../database/instant.ts';
import { ExitCode, isSettleError, SettleError, type SettleErrorOptions } from '../errors.ts';

/** EXIT_MESSAGE is a VARCHAR(2500). */
const MESSAGE_LENGTH_MAX = 2500;

export function toDate(value: unknown): Date | undefined {
  return value === null || value === undefined ? undefined : new Date(parseInstant(String(value)));
}

/** DATETIME(6) text of an instant that is known in milliseconds. */
export function toInstant(value: Date | undefined): string | null {
  return value === undefined ? null : `${instantText(value.getTime())}000`;
}

export function cutMessage(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX - 4)} ...`;
}

const OPTIMISTIC_LOCK = 'OPTIMISTIC_LOCK';

/** Throws OPTIMISTIC_LOCK when an update `WHERE ... AND VERSION = ?` met no row: someone else has changed it. */
export function requireOneRow(rowsChanged: number, what: string): void {
  if (rowsChanged === 1) return;
  throw optimisticLock(`${what} was changed by another process`, {
    hint: 'look at it with settle show, then start the job again',
  });
}

/** Somebody else has changed what was read: thrown by a chunk's write, it makes the chunk loop read the chunk again. */
export function optimisticLock(message: string, options?: SettleErrorOptions): SettleError {
  return new SettleError(OPTIMISTIC_LOCK, ExitCode.failed, message, options);
}

export function isOptimisticLock(error: unknown): boolean {
  return isSettleError(error) && error.code === OPTIMISTIC_LOCK;
}
