/**
 * An import reads its file more than once. What can be read only once (standard input, a named pipe, `<(zcat f)`) is
 * copied to a temporary file first, and removed however the process ends.
 */
import { createReadStream, open as openDescriptor, rmSync } from 'node:fs';
import { constants, type FileHandle, mkdtemp, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Environment, environment } from '../../environment.ts';
import { ExitCode, SettleError, usageError } from '../../errors.ts';
import { unreadable } from './file-blocks.ts';
import { showName } from './quote.ts';

/** Standard input, as a user writes it; also the name of everything that was copied, whose own name tells nothing. */
export const STDIN = '-';
const MB = 1_048_576;
const SPOOL_MB_MAX = 20_480;

export interface Spooled {
  readonly path: string;
  remove(): Promise<void>;
}

export interface SpoolOptions {
  /** Ends the copying, also where nobody writes into the pipe. */
  readonly signal?: AbortSignal;
  /** Bytes that are copied at most; default: SETTLE_SPOOL_MAX_MB, or 20 GiB. */
  readonly bytesMax?: number;
}

/** Whether `file` cannot be read twice. Throws a usage error for what cannot be read at all. */
export async function isStream(file: string): Promise<boolean> {
  if (file === STDIN || standardInput.test(file)) return true;
  try {
    const found = await stat(file);
    if (found.isCharacterDevice() || found.isBlockDevice()) {
      throw usageError(`cannot read ${showName(file)}: it is a device`, 'a file or a pipe is read');
    }
    // What a descriptor of this process means is nothing to another process that goes on.
    return found.isFIFO() || found.isSocket() || (found.isFile() && descriptor.test(file));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Copies what `file` gives, for which `isStream` holds. Throws when there is no room, or `signal` is aborted. */
export async function spool(file: string, options: SpoolOptions = {}): Promise<Spooled> {
  const { signal, bytesMax = bytesMaxOf(environment()) } = options;
  const parent = tmpdir();
  const copy = await makeCopy(parent);
  try {
    signal?.throwIfAborted();
    await fill(copy.handle, await openStream(file), bytesMax, signal);
    return copy;
  } catch (error) {
    await copy.remove();
    throw signal?.aborted ? stopped(signal) : describe(file, parent, error);
  }
}

const standardInput = /^\/(dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;
const descriptor = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/** Whether the descriptor is an end of a pipe of which this process has the other: Node's own, which nobody may read. */
async function isOurOwn(descriptorNumber: number): Promise<boolean> {
  const folder = '/proc/self/fd';
  const targetOf = (fd: string) => readlink(join(folder, fd)).catch(() => '');
  const wanted = await targetOf(String(descriptorNumber));
  const others = (await readdir(folder).catch(() => [])).filter(
    (fd) => Number(fd) > 2 && Number(fd) !== descriptorNumber,
  );
  return wanted.startsWith('pipe:') && (await Promise.all(others.map(targetOf))).includes(wanted);
}

/**
 * An empty file that only this process knows. Where its descriptor has a path of its own it has no other: whatever ends
 * the process, SIGKILL too, removes it.
 */
async function makeCopy(parent: string): Promise<Spooled & { readonly handle: FileHandle }> {
  try {
    const folder = await mkdtemp(join(parent, 'settle-import-'));
    const removeNow = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', removeNow);
    const named = join(folder, 'input');
    const handle = await open(named, 'wx+', 0o600);
    const direct = `/proc/${process.pid}/fd/${handle.fd}`;
    const isDirect = await stat(direct).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isDirect) removeNow();
    const remove = async () => {
      process.off('exit', removeNow);
      await handle.close();
      removeNow();
    };
    return { path: isDirect ? direct : named, handle, remove };
  } catch (error) {
    throw noRoom(parent, error);
  }
}

async function openStream(file: string): Promise<Readable> {
  if (file === STDIN || standardInput.test(file)) return process.stdin;
  const number = descriptor.exec(await realpath(file).catch(() => file))?.[1] ?? descriptor.exec(file)?.[1];
  const found = await stat(file);
  if (number !== undefined && (await isOurOwn(Number(number)))) {
    throw usageError(
      `cannot read ${showName(file)}: nothing was opened there`,
      'for example settle import views /dev/fd/5 5<FILE',
    );
  }
  if (found.isSocket() && number !== undefined)
    return new Socket({ fd: Number(number), readable: true, writable: false });
  // Opening a pipe waits for its writer, and reading it for data: in a way that nothing ends, unless asked not to.
  const fd = await promisify(openDescriptor)(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return found.isFile() ? createReadStream('', { fd }) : new Socket({ fd, readable: true, writable: false });
}

async function fill(
  output: FileHandle,
  input: Readable,
  bytesMax: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const abort = () => input.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  let length = 0;
  try {
    for await (const bytes of input as AsyncIterable<Buffer>) {
      length += bytes.length;
      if (length > bytesMax) throw new TooLong(bytesMax);
      for (let at = 0; at < bytes.length; ) at += (await output.write(bytes, at)).bytesWritten;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  signal?.throwIfAborted();
}

class TooLong extends Error {
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super('too long');
    this.bytesMax = bytesMax;
  }
}

function bytesMaxOf(variables: Environment): number {
  const text = variables.SETTLE_SPOOL_MAX_MB;
  if (text === undefined || text === '') return SPOOL_MB_MAX * MB;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text) * MB;
  throw usageError(`SETTLE_SPOOL_MAX_MB must be a whole number of at least 1, not ${JSON.stringify(text)}`);
}

function describe(file: string, parent: string, error: unknown): unknown {
  if (error instanceof TooLong) {
    const hint = 'import it from a file, or raise SETTLE_SPOOL_MAX_MB';
    return usageError(`${title(file)} is longer than the ${error.bytesMax / MB} MB that are copied`, hint);
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return syscall === 'write' || code === 'ENOSPC' || code === 'EDQUOT'
    ? noRoom(parent, error)
    : unreadable(file, error);
}

/** Exit code 1 where a retry may help, 2 where the setting is wrong. */
function noRoom(parent: string, error: unknown): SettleError {
  const { code, message } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const problem = isFull ? 'there is no room left' : (FOLDER_PROBLEMS[code ?? ''] ?? code ?? message);
  const text = `what can be read only once is copied to ${showName(parent)}, where ${problem}`;
  const hint = 'TMPDIR says where to copy to; a file is not copied';
  return new SettleError('NO_ROOM', isFull ? ExitCode.failed : ExitCode.usage, text, { hint });
}

const FOLDER_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no folder',
  EACCES: 'writing is not permitted',
  EPERM: 'writing is not permitted',
  EROFS: 'nothing can be written',
};

function title(file: string): string {
  return file === STDIN ? 'standard input' : showName(file);
}

function stopped(signal: AbortSignal): SettleError {
  const exitCode = signal.reason === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  return new SettleError('STOPPED', exitCode, 'stopped while the input was copied; nothing is written');
}
