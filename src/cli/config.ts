/**
 * Settings: flags win over the environment, the environment over the config file, the file over the defaults.
 * Secrets (the database URL) come from the environment or the file only: flags are visible to everyone in `ps`.
 */
import { nearestName } from '../engine/nearest-name.ts';
import { type Environment, type EnvironmentVariable, environment } from '../environment.ts';
import { usageError } from '../errors.ts';
import { readTrustedFile } from './trusted-file.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The file in the working folder that is read when there is one. */
export const DEFAULT_CONFIG_FILE = 'settle.config.json';

const CONFIG_BYTES_MAX = 1_000_000;
const URL_BYTES_MAX = 10_000;

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

export interface Settings {
  readonly databaseUrl: string;
  /** Where the URL came from, for messages. */
  readonly databaseUrlSource: 'SETTLE_DATABASE_URL' | 'SETTLE_DATABASE_URL_FILE' | 'config file' | 'default';
  /** Undefined: `warn` on a terminal, `info` elsewhere. */
  readonly logLevel: LogLevel | undefined;
  /** Undefined: text on a terminal, JSON lines elsewhere. */
  readonly logFormat: LogFormat | undefined;
  readonly zone: string;
  /** Undefined: as many as there are cores. */
  readonly workers: number | undefined;
  readonly partitions: number | undefined;
  /** Rows a chunk; undefined: as the step says. */
  readonly chunk: number | undefined;
  /** Path of the file that the ledger's head is appended to; undefined: none. */
  readonly ledgerAnchors: string | undefined;
  /** Path of the Ed25519 private key that signs its lines. */
  readonly ledgerAnchorKey: string | undefined;
}

const FILE_KEYS = [
  'databaseUrl',
  'databaseUrlFile',
  'logLevel',
  'logFormat',
  'zone',
  'workers',
  'partitions',
  'chunk',
  'ledgerAnchors',
  'ledgerAnchorKey',
];

/** @throws SettleError (exit 2) for a file that cannot be read, an unknown key or a value of the wrong kind. */
export function loadSettings(flags: GlobalFlags, variables: Environment = environment()): Settings {
  const file = readConfigFile(flags.config);
  const given = (name: EnvironmentVariable) => variables[name] || undefined;
  const level = flags.logLevel === undefined ? undefined : oneOf('log level', LOG_LEVELS, flags.logLevel);
  const format = flags.logFormat === undefined ? undefined : oneOf('log format', LOG_FORMATS, flags.logFormat);
  return {
    ...databaseUrlOf(file, given),
    logLevel: level ?? setting('SETTLE_LOG', LOG_LEVELS, given('SETTLE_LOG')) ?? key(file, 'logLevel', LOG_LEVELS),
    logFormat:
      format ??
      setting('SETTLE_LOG_FORMAT', LOG_FORMATS, given('SETTLE_LOG_FORMAT')) ??
      key(file, 'logFormat', LOG_FORMATS),
    zone: zone('SETTLE_ZONE', given('SETTLE_ZONE')) ?? zone(IN_FILE('zone'), text(file, 'zone')) ?? 'Asia/Seoul',
    workers: count('SETTLE_WORKERS', given('SETTLE_WORKERS')) ?? count(IN_FILE('workers'), file.workers),
    partitions: count(IN_FILE('partitions'), file.partitions),
    chunk: count(IN_FILE('chunk'), file.chunk),
    ledgerAnchors: given('SETTLE_LEDGER_ANCHORS') ?? text(file, 'ledgerAnchors'),
    ledgerAnchorKey: given('SETTLE_LEDGER_ANCHOR_KEY') ?? text(file, 'ledgerAnchorKey'),
  };
}

/**
 * The environment before the config file; in each, the URL itself before the file that holds it. A file ends with a
 * line end and so does many a secret: it is no part of the URL.
 */
function databaseUrlOf(
  file: Record<string, unknown>,
  given: (name: EnvironmentVariable) => string | undefined,
): Pick<Settings, 'databaseUrl' | 'databaseUrlSource'> {
  const url = given('SETTLE_DATABASE_URL');
  if (url !== undefined) return { databaseUrl: withoutLineEnd(url), databaseUrlSource: 'SETTLE_DATABASE_URL' };
  const path = given('SETTLE_DATABASE_URL_FILE');
  if (path !== undefined) return { databaseUrl: readUrlFile(path), databaseUrlSource: 'SETTLE_DATABASE_URL_FILE' };
  const inFile = text(file, 'databaseUrl');
  if (inFile !== undefined) return { databaseUrl: withoutLineEnd(inFile), databaseUrlSource: 'config file' };
  const pathInFile = text(file, 'databaseUrlFile');
  if (pathInFile !== undefined) return { databaseUrl: readUrlFile(pathInFile), databaseUrlSource: 'config file' };
  return { databaseUrl: 'sqlite:settle.db', databaseUrlSource: 'default' };
}

function readUrlFile(path: string): string {
  const url = withoutLineEnd(readTrustedFile('the file of the database URL', path, URL_BYTES_MAX));
  if (url === '') throw usageError('the file of the database URL is empty', 'write the URL into it, on one line');
  return url;
}

function withoutLineEnd(url: string): string {
  return url.replace(/\r?\n$/, '');
}

/** A whole number of at least 1 out of a flag, which is repeated when it is none. @throws SettleError (exit 2) */
export function positive(name: string, value: string): number {
  const number = wholeNumber(value);
  if (number !== undefined) return number;
  throw usageError(`${name} must be a whole number of at least 1, not ${JSON.stringify(value)}`);
}

/** As `positive`, out of the environment or the file: a value of theirs may be a secret that stands in the wrong place. */
function count(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = wholeNumber(value);
  if (number !== undefined) return number;
  throw usageError(`${name} must be a whole number of at least 1, ${kindOf(value)} is none`);
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

/** What a value is, for a message that must not repeat it. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'this list';
  if (typeof value === 'object') return 'this object';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'this number' : 'this text';
}

const IN_FILE = (key: string) => `"${key}" in the config file`;

function readConfigFile(path: string | undefined): Record<string, unknown> {
  const name = path ?? DEFAULT_CONFIG_FILE;
  // A byte order mark is what some editors put before a text.
  const source = readTrustedFile('the config file', name, CONFIG_BYTES_MAX, path === undefined)?.replace(/^\ufeff/, '');
  if (source === undefined) return {};
  let values: unknown;
  try {
    values = JSON.parse(source);
  } catch (error) {
    // V8 repeats what stands around the place. Where it is, is all that may be said of it.
    const place = /\bline \d+ column \d+/.exec((error as Error).message)?.[0];
    throw usageError(`the config file ${name} is not JSON${place === undefined ? '' : `, at ${place}`}`);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw usageError(`the config file ${name} must hold one JSON object`);
  }
  Object.keys(values).forEach((key, index) => {
    if (FILE_KEYS.includes(key)) return;
    // Repeated only where it is near to a key: it could be a URL.
    const near = nearestName(key, FILE_KEYS);
    const which = near === undefined ? `number ${index + 1}` : `"${key}"`;
    const hint = near === undefined ? '' : `Did you mean ${near}? `;
    throw usageError(`unknown key ${which} in the config file ${name}`, `${hint}It may hold: ${FILE_KEYS.join(', ')}.`);
  });
  return values as Record<string, unknown>;
}

function text(file: Record<string, unknown>, key: string): string | undefined {
  const value = file[key];
  if (value === undefined || typeof value === 'string') return value;
  throw usageError(`${IN_FILE(key)} must be text, ${kindOf(value)} is none`);
}

function key<T extends string>(file: Record<string, unknown>, name: string, allowed: readonly T[]): T | undefined {
  return setting(IN_FILE(name), allowed, text(file, name));
}

/** One of the words that a setting may be; what it is instead is not repeated. */
function setting<T extends string>(name: string, allowed: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw usageError(`${name} must be one of ${allowed.join(', ')}`);
  return found;
}

/** As a zone of business dates is checked when it is used, but without repeating it. */
function zone(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: value });
  } catch {
    throw usageError(`${name} is no time zone`, 'Use an IANA name, for example Asia/Seoul or America/Los_Angeles.');
  }
  return value;
}

/** A word out of a flag. */
function oneOf<T extends string>(what: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw usageError(`unknown ${what} "${value}"`, `One of: ${allowed.join(', ')}.`);
  return found;
}
