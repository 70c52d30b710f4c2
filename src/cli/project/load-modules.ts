/** The modules that a config file names, by paths or patterns, and what they export by default. */
import { globSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { usageError } from '../../errors.ts';
import { firstLine } from '../load-failure.ts';

/** A declaration and a test are no module of a job; a pattern passes over them. */
const NO_MODULE = /\.(d|test|spec)\.[cm]?ts$|\.(test|spec)\.[cm]?js$/;
const MODULES_MAX = 10_000;

export interface Exported<T> {
  readonly value: T;
  /** For messages: the file, relative to the working folder. */
  readonly place: string;
}

export interface Wanted<T> {
  /** Of the config file. */
  readonly key: 'jobs' | 'migrations';
  /** `a job`. */
  readonly what: string;
  /** How one is written: `export default defineJob(...)`. */
  readonly example: string;
  is(value: unknown): value is T;
}

/** @throws SettleError (exit 2): no file is there, one cannot be loaded, or exports something else */
export async function loadExports<T>(
  entries: readonly (string | object)[],
  configFile: string,
  wanted: Wanted<T>,
): Promise<readonly Exported<T>[]> {
  const found: Exported<T>[] = [];
  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'string') {
      found.push(...listOf(entry, wanted, configFile, `"${wanted.key}[${index}]" in the config file`));
      continue;
    }
    for (const path of pathsOf(entry, configFile, `"${wanted.key}[${index}]" in the config file`)) {
      found.push(...(await loadExport(path, wanted)));
    }
  }
  return found;
}

function pathsOf(pattern: string, configFile: string, key: string): readonly string[] {
  const folder = resolve(dirname(configFile));
  const paths = globSync(pattern, { cwd: folder }).map((path) => resolve(folder, path));
  const modules = paths.filter((path) => !NO_MODULE.test(path)).sort();
  if (modules.length === 0) throw usageError(`${key}: there is no file ${pattern}`, `it is looked for in ${folder}`);
  if (modules.length > MODULES_MAX) throw usageError(`${key}: ${pattern} are more than ${MODULES_MAX} files`);
  return modules;
}

async function loadExport<T>(path: string, wanted: Wanted<T>): Promise<readonly Exported<T>[]> {
  const place = relative(process.cwd(), path);
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    throw usageError(`${place} cannot be loaded: ${firstLine(error)}`);
  }
  if (exported.default === undefined) {
    throw usageError(`${place} has no default export`, `write \`${wanted.example}\``);
  }
  return listOf(exported.default, wanted, place, `the default export of ${place}`);
}

function listOf<T>(exported: unknown, wanted: Wanted<T>, place: string, name: string): readonly Exported<T>[] {
  const values: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  return values.map((value) => {
    if (!wanted.is(value)) throw usageError(`${name} is not ${wanted.what}`, `write \`${wanted.example}\``);
    return { value, place };
  });
}
