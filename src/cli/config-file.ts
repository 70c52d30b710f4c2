/** The config file of a project: which one it is, and what it says. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makerOf } from '../define/made-by.ts';
import { usageError } from '../errors.ts';
import { version } from '../version.ts';
import type { ConfigValues } from './config-schema.ts';
import { firstLine } from './load-failure.ts';
import { readTrustedFile } from './trusted-file.ts';

/** The files in the working folder of which one is read when there is one. */
export const DEFAULT_CONFIG_FILES = ['settle.config.ts', 'settle.config.js', 'settle.config.mjs', 'settle.config.json'];

const CONFIG_BYTES_MAX = 1_000_000;

/** The file that is meant; undefined: there is none. @throws SettleError (exit 2) when there are several */
export function findConfigFile(named: string | undefined): string | undefined {
  if (named !== undefined) return named;
  const found = DEFAULT_CONFIG_FILES.filter((name) => existsSync(name));
  if (found.length < 2) return found[0];
  throw usageError(`there are ${found.join(' and ')}`, 'keep one of them, or name one by --config');
}

/**
 * What the file holds, checked. A module is run.
 * @throws SettleError (exit 2): it cannot be read or loaded, is another user's, or holds what a config has not
 */
export async function readConfigFile(named: string | undefined): Promise<ConfigValues> {
  const name = findConfigFile(named);
  if (name === undefined) return {};
  // A byte order mark is what some editors put before a text.
  const source = readTrustedFile('the config file', name, CONFIG_BYTES_MAX).replace(/^\ufeff/, '');
  const values = ['.ts', '.mts', '.js', '.mjs'].includes(extname(name))
    ? await importConfig(name)
    : parse(name, source);
  const { checkConfig } = await import('./config-schema.ts');
  return checkConfig(values, name);
}

function parse(name: string, source: string): object {
  let values: unknown;
  try {
    values = JSON.parse(source);
  } catch (error) {
    // V8 repeats what stands around the place. Where it is, is all that may be said of it.
    const place = /\bline \d+ column \d+/.exec((error as Error).message)?.[0];
    throw usageError(`the config file ${name} is not JSON${place === undefined ? '' : `, at ${place}`}`);
  }
  if (isObject(values)) return values;
  throw usageError(`the config file ${name} must hold one JSON object`);
}

async function importConfig(name: string): Promise<object> {
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(resolve(name)).href);
  } catch (error) {
    throw usageError(`the config file ${name} cannot be loaded: ${firstLine(error)}`);
  }
  const config = exported.default;
  if (!isObject(config)) {
    throw usageError(`the config file ${name} has no default export`, 'write `export default defineConfig({ ... })`');
  }
  requireOwnVersion(`the config file ${name}`, config);
  return config;
}

/** @throws SettleError (exit 2) for what another version of settle has made */
export function requireOwnVersion(what: string, made: object): void {
  const maker = makerOf(made);
  if (maker === undefined || maker === version()) return;
  throw usageError(
    `${what} imports settle ${maker}, and this is settle ${version()}`,
    "start the project's own: `npx settle`",
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
