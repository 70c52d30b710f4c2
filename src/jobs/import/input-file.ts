/**
 * The file of an import as bytes: found, identified by its digest, unpacked when its first bytes say gzip, and its
 * delimiter recognised in its first line. Standard input is spooled to a temporary file first, so that it is identified
 * and restarted like any other.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { usageError } from '../../errors.ts';
import { malformed } from './malformed.ts';

/** Standard input, as a user writes it. */
export const STDIN = '-';
/** A header line is found within so many bytes, or the file is refused. */
const HEADER_BYTES_MAX = 65_536;
const READ_BYTES = 262_144;

export interface InputFormat {
  readonly isGzip: boolean;
  readonly delimiter: ',' | '\t';
}

/** SHA-256 of the file's bytes in hex. Throws a usage error when it cannot be read. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(bytes);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

/** Copies standard input into a file of its own; `remove` deletes it. */
export async function spoolStdin(input: Readable = process.stdin): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'settle-import-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'stdin');
  try {
    await pipeline(input, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    await remove();
    throw usageError(`standard input could not be copied to ${folder}: ${(error as Error).message}`);
  }
  return { path, remove };
}

/** Looks at the first bytes. Throws for a file that is empty, unreadable, or of a kind that is known to be another. */
export async function sniffFormat(path: string, name: string): Promise<InputFormat> {
  const start = await readStart(path);
  if (start.length === 0) throw malformed(name, undefined, 'the file is empty', 'it needs a header line');
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  if (start.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    throw malformed(name, undefined, 'this is a zip archive', 'unpack it; plain text and gzip are read');
  }
  const text = isGzip ? await unpackStart(path, name) : start;
  if (text.length === 0) throw malformed(name, undefined, 'the file is empty', 'it needs a header line');
  if ((text[0] === 0xff && text[1] === 0xfe) || (text[0] === 0xfe && text[1] === 0xff)) {
    throw malformed(name, undefined, 'the text is UTF-16', 'save it as UTF-8');
  }
  const lineEnd = text.findIndex((byte) => byte === 10 || byte === 13);
  if (lineEnd < 0 && text.length >= HEADER_BYTES_MAX) {
    throw malformed(name, 1, `no end of the header line within ${HEADER_BYTES_MAX} bytes`);
  }
  const header = text.subarray(0, lineEnd < 0 ? text.length : lineEnd).toString('utf8');
  if (header.includes('\u0000')) throw malformed(name, 1, 'this is not text', 'CSV and TSV are read, plain or gzip');
  return { isGzip, delimiter: header.split('\t').length > header.split(',').length ? '\t' : ',' };
}

/** The file's streams in order, for `pipeline`: the bytes, and what unpacks them. */
export function byteStreams(path: string, format: InputFormat): [Readable, ...NodeJS.ReadWriteStream[]] {
  const bytes = createReadStream(path, { highWaterMark: READ_BYTES });
  return format.isGzip ? [bytes, createGunzip()] : [bytes];
}

/** An error of the streams of `byteStreams` as one line; other errors are returned as they are. */
export function streamError(name: string, path: string, line: number, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'Z_BUF_ERROR') {
    return malformed(name, line, 'the gzip data ends here, in the middle', 'the file was cut off; copy it again');
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return malformed(name, line, `the gzip data is damaged after this line (${(error as Error).message})`);
  }
  return isFileError(error) ? unreadable(path, error) : error;
}

async function readStart(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES_MAX), 0, HEADER_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function unpackStart(path: string, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  const unpacked = createReadStream(path).pipe(createGunzip());
  try {
    for await (const part of unpacked) {
      parts.push(part);
      length += part.length;
      if (length >= HEADER_BYTES_MAX) break;
    }
  } catch (error) {
    // What came before the damage may well hold the header; the damage is met again, with its line.
    if (length === 0) throw streamError(name, path, 1, error);
  }
  return Buffer.concat(parts).subarray(0, HEADER_BYTES_MAX);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
};

function isFileError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | null)?.syscall === 'string';
}

function unreadable(path: string, error: unknown): unknown {
  if (!isFileError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return usageError(`cannot read ${path}: ${FILE_PROBLEMS[code ?? ''] ?? message}`);
}
