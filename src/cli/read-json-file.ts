/** A small file of JSON that is read whole: a rate card, deposit products. */
import { closeSync, openSync } from 'node:fs';
import { isSettleError, usageError } from '../errors.ts';
import { readBounded } from './read-bounded.ts';
import { decodeText } from './read-text.ts';

/**
 * @param file a path, or `-` for standard input
 * @param what it holds, for messages
 * @throws SettleError (exit 2) when it cannot be read, is longer than `bytesMax`, or is not JSON
 */
export function readJsonFile(file: string, bytesMax: number, what: string): unknown {
  const text = readText(file, bytesMax);
  if (text === undefined) throw usageError(`${file} is longer than the ${bytesMax} bytes of ${what}`);
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${file} is not JSON`, `${what} is JSON; \`settle import --help\` has an example`);
  }
}

/** Undefined when there is more than that; no more is read. */
function readText(file: string, bytesMax: number): string | undefined {
  let opened: number | undefined;
  try {
    if (file !== '-') opened = openSync(file, 'r');
    const bytes = readBounded(opened ?? 0, bytesMax);
    return bytes === undefined ? undefined : decodeText(bytes, file);
  } catch (error) {
    if (isSettleError(error)) throw error;
    throw usageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
