/** A file as a parameter: what is in it belongs to the job instance. A changed file of the same path is other work. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ParameterOptions, TypedParameter } from '../engine/typed-parameters.ts';

const MARK = '#sha256=';
const BLOCK_BYTES = 1 << 20;

/**
 * The path of a file that is there and can be read. Stored as `PATH#sha256=DIGEST`, absolute; a restart by number refuses
 * a file that has changed.
 */
export function file(options: ParameterOptions = {}): TypedParameter<string> {
  return {
    ...options,
    type: 'string',
    isOptional: false,
    isInput: true,
    parse: (stored) => splitDigest(stored).path,
    canonical: (given) => {
      const path = resolve(splitDigest(given).path);
      return `${path}${MARK}${digestOf(path)}`;
    },
    validate: (given) => {
      const { path, digest } = splitDigest(given);
      try {
        if (digest !== undefined && digest !== digestOf(resolve(path)))
          return `${path} has changed since the run began`;
      } catch (error) {
        return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      }
      return options.validate?.(path) ?? problemOf(path);
    },
  };
}

function problemOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return `there is no file ${path}`;
  return stats.isFile() ? undefined : `${path} is not a file`;
}

function splitDigest(text: string): { readonly path: string; readonly digest: string | undefined } {
  const at = text.lastIndexOf(MARK);
  return at < 0 ? { path: text, digest: undefined } : { path: text.slice(0, at), digest: text.slice(at + MARK.length) };
}

/** Parameters are parsed several times at a start; a file is read again only when it looks changed. */
const known = new Map<string, { readonly look: string; readonly digest: string }>();

function digestOf(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const look = lookOf(statSync(path));
    const before = known.get(path);
    if (before?.look === look) return before.digest;
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let read = readSync(descriptor, block); read > 0; read = readSync(descriptor, block)) {
      hash.update(block.subarray(0, read));
    }
    const digest = hash.digest('hex');
    known.set(path, { look, digest });
    return digest;
  } finally {
    closeSync(descriptor);
  }
}

function lookOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}
