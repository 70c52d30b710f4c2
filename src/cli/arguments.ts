/** Parses what several commands take: numbers of executions, counts, `name=value` pairs. Pure. */
import { requireChunkSize } from '../engine/chunk-size.ts';
import { usageError } from '../errors.ts';
import { positive } from './config.ts';

/** The number of an execution. @throws SettleError (exit 2) */
export function parseId(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text);
  throw usageError(`"${text}" is not the number of an execution`, '`settle runs` lists them');
}

/** Commander parser of a flag that takes the id of a row: a whole number of 64 bits. */
export function identifier(flag: string): (text: string) => bigint {
  return (text) => {
    if (/^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return BigInt(text);
    throw usageError(`${flag}: ${JSON.stringify(text)} is not a whole number`);
  };
}

/** Commander parser of a flag that takes a whole number of at least 1. */
export function count(flag: string): (text: string) => number {
  return (text) => positive(flag, text);
}

/** Commander parser of `--chunk`. */
export function chunkRows(text: string): number {
  const rows = positive('--chunk', text);
  requireChunkSize('--chunk', rows);
  return rows;
}

/** Commander parser of a flag that may be given several times: collects `name=value`. */
export function collectPair(text: string, soFar: Readonly<Record<string, string>> = {}): Record<string, string> {
  const cut = text.indexOf('=');
  if (cut < 1) throw usageError(`"${text}" is not name=value`);
  const name = text.slice(0, cut);
  if (Object.hasOwn(soFar, name)) throw usageError(`the parameter ${name} is given twice`);
  return { ...soFar, [name]: text.slice(cut + 1) };
}

/** Commander parser of a list of `old=new` with commas between. @throws SettleError (exit 2) */
export function columnPairs(text: string): Record<string, string> {
  return text.split(',').reduce<Record<string, string>>((pairs, pair) => collectPair(pair.trim(), pairs), {});
}

/** What `--workers` asks for. */
export interface WorkersAsked {
  /** Of this process; undefined: the number of cores, or with `remote` alone none. */
  readonly threads: number | undefined;
  /** Whether workers of other processes are to take partitions. */
  readonly isRemote: boolean;
}

/** Commander parser of `--workers` where it may be `4`, `remote` or `4+remote`. */
export function workersAsked(text: string): WorkersAsked {
  if (text === 'remote') return { threads: undefined, isRemote: true };
  const threads = text.endsWith('+remote') ? text.slice(0, -'+remote'.length) : text;
  if (!/^\d+$/.test(threads)) {
    throw usageError(`--workers: ${JSON.stringify(text)} is no number of threads`, 'for example 4, remote or 4+remote');
  }
  return { threads: positive('--workers', threads), isRemote: threads !== text };
}

/** Of `RunFlags`, by what `--workers` was given. */
export function workerFlags({ workers }: { readonly workers?: WorkersAsked }): {
  readonly workers: number | undefined;
  readonly remote: { readonly threads: number } | undefined;
} {
  return {
    workers: workers?.threads,
    remote: workers?.isRemote ? { threads: workers.threads ?? 0 } : undefined,
  };
}

/** Commander parser of `--until-idle`. */
export function idleSeconds(text: string): number {
  return text === '0' ? 0 : positive('--until-idle', text);
}

/** Commander parser of `--lease`. */
export function leaseSeconds(text: string): number {
  const seconds = positive('--lease', text);
  if (seconds < 2 || seconds > 600) throw usageError(`--lease: ${seconds} is not from 2 to 600 seconds`);
  return seconds;
}
