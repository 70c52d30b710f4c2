/** How many rows one transaction may span: what a run takes for `chunkSize`. Pure. */
import { usageError } from '../errors.ts';

/** A chunk is held in memory and lost as a whole when it is interrupted: more rows than this gain no speed. */
export const CHUNK_ROWS_MAX = 4_000_000;

/** @throws SettleError (exit 2) unless `rows` is undefined or a whole number from 1 to CHUNK_ROWS_MAX. */
export function requireChunkSize(name: string, rows: number | undefined): void {
  if (rows === undefined || (Number.isSafeInteger(rows) && rows >= 1 && rows <= CHUNK_ROWS_MAX)) return;
  throw usageError(`${name} must be a whole number from 1 to ${CHUNK_ROWS_MAX.toLocaleString('en-US')}, not ${rows}`);
}
