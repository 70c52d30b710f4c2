/** The files of a reader: which they are, their bytes unpacked, and what tells that they are still the same. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, globSync, openSync, readSync, statSync } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ExitCode, SettleError } from '../errors.ts';

/** The standard input, as a path. */
export const STANDARD_INPUT = '-';

export type Compression = 'none' | 'gzip' | 'zstd';

const DIGEST_BYTES = 64 * 1024;
const GLOB = /[*?[{]/;

/** Paths in order; a pattern stands for those that match, by name. @throws SettleError FILE_MISSING (exit 2) */
export function pathsOf(source: string | readonly string[]): readonly string[] {
  const paths = [source].flat().flatMap((path) => {
    if (path === STANDARD_INPUT || !GLOB.test(path)) return [path];
    const found = globSync(path).sort();
    if (found.length === 0) throw missing(`no file matches ${path}`);
    return found;
  });
  for (const path of paths) {
    const facts = path === STANDARD_INPUT ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path !== STANDARD_INPUT && facts === undefined) throw missing(`there is no file ${path}`);
    if (facts?.isDirectory()) throw missing(`${path} is a folder`);
  }
  return paths;
}

/** Size and a digest of the beginning; empty for the standard input, which nobody can look at twice. */
export function fingerprint(path: string): string {
  if (path === STANDARD_INPUT) return '';
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

/** What the name says, or what `compression` says. An error of either end comes out of the stream. */
export function openBytes(path: string, compression: Compression = compressionOf(path)): Readable {
  const file = path === STANDARD_INPUT ? process.stdin : createReadStream(path);
  if (compression === 'none') return file;
  // The callback takes the error, which also ends the stream that is read.
  return pipeline(file, compression === 'gzip' ? createGunzip() : createZstdDecompress(), () => {});
}

function compressionOf(path: string): Compression {
  if (/\.gz$/i.test(path)) return 'gzip';
  return /\.zst$/i.test(path) ? 'zstd' : 'none';
}

function missing(message: string): SettleError {
  return new SettleError('FILE_MISSING', ExitCode.usage, message, { hint: 'give the path of a file that is there' });
}
