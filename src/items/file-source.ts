/** The files of a reader: which they are, their bytes unpacked, and what tells that they are still the same. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  globSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { pipeline as pipelineDone } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ExitCode, SettleError } from '../errors.ts';
import { toUtf8 } from './utf8.ts';

/** The standard input, as a path. */
export const STANDARD_INPUT = '-';

export type Compression = 'none' | 'gzip' | 'zstd';

export interface SourceFile {
  /** As it was named. */
  readonly name: string;
  /** Where the bytes are. */
  readonly path: string;
}

const DIGEST_BYTES = 64 * 1024;
const GLOB = /[*?[{]/;

/** Files in order; a pattern stands for those that match, by name. @throws SettleError FILE_MISSING (exit 2) */
export async function filesOf(source: string | readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of [source].flat()) {
    if (path === STANDARD_INPUT) files.push({ name: path, path: await standardInput() });
    // A file whose name looks like a pattern is that file.
    else if (!GLOB.test(path) || statSync(path, { throwIfNoEntry: false }) !== undefined)
      files.push({ name: path, path: requireFile(path) });
    else {
      const found = globSync(path).sort();
      if (found.length === 0) throw missing(`no file matches ${path}`);
      files.push(...found.map((name) => ({ name, path: requireFile(name) })));
    }
  }
  return files;
}

/** Size and a digest of the beginning. */
export function fingerprint({ path }: SourceFile): string {
  const bytes = Buffer.alloc(DIGEST_BYTES);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, bytes, 0, DIGEST_BYTES, 0);
    const digest = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
    return `${statSync(path).size}:${digest}`;
  } finally {
    closeSync(file);
  }
}

export interface BytesOptions {
  /** Default: by the name, `.gz` and `.zst`. */
  readonly compression?: Compression;
  /** `utf-8`, `utf-16le`, `utf-16be`, `cp949` (EUC-KR as well), `windows-1252`, `iso-8859-1`. Default UTF-8. */
  readonly encoding?: string;
}

/** As UTF-8. An error of any part comes out of the stream. */
export function openBytes({ name, path }: SourceFile, options: BytesOptions): Readable {
  const { compression = compressionOf(name), encoding = 'utf-8' } = options;
  const text = toUtf8(encoding);
  const file = createReadStream(path);
  // The callback takes the error, which also ends the stream that is read.
  const ended = () => {};
  if (compression === 'none') pipeline(file, text, ended);
  else pipeline(file, compression === 'gzip' ? createGunzip() : createZstdDecompress(), text, ended);
  return text;
}

function compressionOf(path: string): Compression {
  if (/\.gz$/i.test(path)) return 'gzip';
  return /\.zst$/i.test(path) ? 'zstd' : 'none';
}

let spooled: Promise<string> | undefined;

/**
 * Its copy in the folder for temporary files, which is gone with the process: a chunk that is tried again reads it a second
 * time, and a restart is given the same input again.
 */
function standardInput(): Promise<string> {
  spooled ??= spool();
  return spooled;
}

async function spool(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-input-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'input');
  await pipelineDone(process.stdin, createWriteStream(path, { mode: 0o600 }));
  return path;
}

function requireFile(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw missing(`there is no file ${path}`);
  if (facts.isDirectory()) throw missing(`${path} is a folder`);
  return path;
}

function missing(message: string): SettleError {
  return new SettleError('FILE_MISSING', ExitCode.usage, message, { hint: 'give the path of a file that is there' });
}
