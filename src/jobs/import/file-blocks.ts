/**
 * The bytes of a file, read twice and proven to be the same: the first pass gives the digest that identifies the file,
 * and the digest of every beginning of it; the second hands out a block only when all bytes up to its end have that
 * digest. So no row comes out of a file that was truncated, appended to, overwritten or replaced in between.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { ExitCode, SettleError, usageError } from '../../errors.ts';
import { showName } from './quote.ts';
import { importBytesMax, requireSize } from './size-limit.ts';

/** The code of the error of a file that is not the one that was checked. */
export const FILE_CHANGED = 'FILE_CHANGED';
const BLOCK_BYTES = 262_144;
const DIGEST_BYTES = 32;

export interface FileDigest {
  /** SHA-256 of all bytes, in hex. */
  readonly digest: string;
  readonly size: number;
  /** SHA-256 of the bytes up to the end of each block, one after the other. */
  readonly prefixes: Buffer;
}

/** Reads the whole file. Throws a usage error when it cannot be read, or is larger than an import takes. */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  const prefixes: Buffer[] = [];
  const bytesMax = importBytesMax();
  let size = 0;
  try {
    await using file = await open(path);
    requireSize((await file.stat()).size, bytesMax, path, 'bytes');
    for (let block = await readBlock(file, size); block.length > 0; block = await readBlock(file, size)) {
      hash.update(block);
      size += block.length;
      requireSize(size, bytesMax, path, 'bytes');
      prefixes.push(hash.copy().digest());
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return { digest: hash.digest('hex'), size, prefixes: Buffer.concat(prefixes) };
}

/**
 * The bytes of the file of which `expected` tells, in blocks of their own memory. Throws FILE_CHANGED before the first
 * block that differs; and at the end, when the path has come to name another file or the file has grown.
 */
export async function* readVerified(path: string, name: string, expected: FileDigest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let at = 0;
  try {
    await using file = await open(path);
    for (let number = 0; at < expected.size; number++) {
      const block = await readBlock(file, at);
      hash.update(block);
      at += block.length;
      const prefix = expected.prefixes.subarray(number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES);
      if (!hash.copy().digest().equals(prefix)) throw fileChanged(name);
      yield block;
    }
    const [own, named] = [await file.stat(), await stat(path).catch(() => undefined)];
    const isSame = named !== undefined && named.ino === own.ino && named.dev === own.dev;
    if (!isSame || own.size !== expected.size) throw fileChanged(name);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Exit code 2, not 1: a scheduler that simply starts the import again would start another one, of the changed file.
 */
export function fileChanged(name: string, detail = 'it changed while it was read'): SettleError {
  return new SettleError(
    FILE_CHANGED,
    ExitCode.usage,
    `${showName(name)}: the file is not the one that was checked; ${detail}`,
    {
      hint: 'the rows before the change are written: run settle import again with the file as it was, and it goes on after them; import a copy of a file that is still written to',
    },
  );
}

/** An error of the file system as one line; other errors are returned as they are. */
export function unreadable(path: string, error: unknown): unknown {
  if (!isFileError(error)) return error;
  const { code, message } = error;
  return usageError(`cannot read ${showName(path)}: ${FILE_PROBLEMS[code ?? ''] ?? code ?? message}`);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'there is no such file',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links go round in circles',
  EIO: 'the disk cannot read it',
};

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException | null)?.syscall === 'string';
}

/** A whole block, or what is left; a read may give less than is there. */
async function readBlock(file: FileHandle, position: number): Promise<Buffer> {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let length = 0;
  while (length < BLOCK_BYTES) {
    const { bytesRead } = await file.read(block, length, BLOCK_BYTES - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return block.subarray(0, length);
}
