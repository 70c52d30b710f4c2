/**
 * Reads a file that decides what settle does or where it connects: only one that nobody else can have written. Where
 * others may write, whoever can log in on the machine chooses the database, or learns of its password.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { usageError } from '../errors.ts';
import { readBounded } from './read-bounded.ts';

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;
const ROOT = 0;

/**
 * The text of `path`, at most `bytesMax`. `what` names it in messages. With `isOptional`, undefined where there is none.
 * @throws SettleError (exit 2): it cannot be read, is longer, or could have been written by another user
 */
export function readTrustedFile(what: string, path: string, bytesMax: number): string;
export function readTrustedFile(what: string, path: string, bytesMax: number, isOptional: boolean): string | undefined;
export function readTrustedFile(what: string, path: string, bytesMax: number, isOptional = false): string | undefined {
  let file: number;
  try {
    // A symbolic link of another user's could be pointed elsewhere between two looks.
    requireOwner(what, path, lstatSync(path));
    // Not waiting for a writer, should it be a FIFO.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (isOptional && code === 'ENOENT') return undefined;
    throw usageError(`cannot read ${what} ${path}: ${code}`);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw usageError(`${what} ${path} is no file`);
    requireOwner(what, path, stats);
    if (process.getuid !== undefined && (stats.mode & GROUP_OR_OTHERS_MAY_WRITE) !== 0) {
      throw usageError(`${what} ${path} can be written by other users`, `\`chmod go-w ${path}\` mends it`);
    }
    const bytes = readBounded(file, bytesMax);
    if (bytes === undefined) throw usageError(`${what} ${path} is longer than ${bytesMax} bytes`);
    return bytes.toString();
  } finally {
    closeSync(file);
  }
}

function requireOwner(what: string, path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === ROOT) return;
  throw usageError(`${what} ${path} belongs to another user`, 'it must belong to the user who runs settle, or to root');
}
