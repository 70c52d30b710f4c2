/**
 * Settings: flags win over the environment, the environment over the config file, the file over the defaults.
 * Secrets (the database URL) come from the environment or the file only: flags are visible to everyone in `ps`.
 */
import { type Environment, type EnvironmentVariable, environment } from '../environment.ts';
import { usageError } from '../errors.ts';
import type { MappingSettings } from '../mapping/mapping.ts';
import { readConfigFile } from './config-file.ts';
import type { ConfigValues } from './config-schema.ts';
import { inFile, isZone, kindOf, LOG_FORMATS, LOG_LEVELS, wholeNumber, ZONE_HINT } from './setting-values.ts';
import { readTrustedFile } from './trusted-file.ts';

export { LOG_LEVELS };
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

const URL_BYTES_MAX = 10_000;

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  /** Of commands that start a job: where the metrics are written at the end. */
  readonly metricsFile?: string;
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
  /** Tables of the platform under other names, by key of the config file. */
  readonly mappings: MappingSettings;
}

/** @throws SettleError (exit 2) for a file that cannot be read, an unknown key or a value of the wrong kind. */
export async function loadSettings(flags: GlobalFlags, variables: Environment = environment()): Promise<Settings> {
  const file = await readConfigFile(flags.config);
  const given = (name: EnvironmentVariable) => variables[name] || undefined;
  const level = flags.logLevel === undefined ? undefined : oneOf('log level', LOG_LEVELS, flags.logLevel);
  const format = flags.logFormat === undefined ? undefined : oneOf('log format', LOG_FORMATS, flags.logFormat);
  return {
    ...databaseUrlOf(file, given),
    logLevel:
      level ??
      setting('SETTLE_LOG', LOG_LEVELS, given('SETTLE_LOG')) ??
      setting(inFile('logLevel'), LOG_LEVELS, file.logLevel),
    logFormat:
      format ??
      setting('SETTLE_LOG_FORMAT', LOG_FORMATS, given('SETTLE_LOG_FORMAT')) ??
      setting(inFile('logFormat'), LOG_FORMATS, file.logFormat),
    zone: zone('SETTLE_ZONE', given('SETTLE_ZONE')) ?? file.zone ?? 'Asia/Seoul',
    workers: count('SETTLE_WORKERS', given('SETTLE_WORKERS')) ?? wholeNumber(file.workers),
    partitions: wholeNumber(file.partitions),
    chunk: wholeNumber(file.chunk),
    ledgerAnchors: given('SETTLE_LEDGER_ANCHORS') ?? file.ledgerAnchors,
    ledgerAnchorKey: given('SETTLE_LEDGER_ANCHOR_KEY') ?? file.ledgerAnchorKey,
    mappings: await mappingsIn(file),
  };
}

/** Its schema is loaded with the file alone. */
async function mappingsIn(file: ConfigValues): Promise<MappingSettings> {
  return Object.keys(file).length === 0 ? {} : (await import('./config-schema.ts')).mappingsOf(file);
}

/**
 * The environment before the config file; in each, the URL itself before the file that holds it. A file ends with a
 * line end and so does many a secret: it is no part of the URL.
 */
function databaseUrlOf(
  file: ConfigValues,
  given: (name: EnvironmentVariable) => string | undefined,
): Pick<Settings, 'databaseUrl' | 'databaseUrlSource'> {
  const url = given('SETTLE_DATABASE_URL');
  if (url !== undefined) return { databaseUrl: withoutLineEnd(url), databaseUrlSource: 'SETTLE_DATABASE_URL' };
  const path = given('SETTLE_DATABASE_URL_FILE');
  if (path !== undefined) return { databaseUrl: readUrlFile(path), databaseUrlSource: 'SETTLE_DATABASE_URL_FILE' };
  if (file.databaseUrl !== undefined)
    return { databaseUrl: withoutLineEnd(file.databaseUrl), databaseUrlSource: 'config file' };
  const pathInFile = file.databaseUrlFile;
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

/** One of the words that a setting may be; what it is instead is not repeated. */
function setting<T extends string>(name: string, allowed: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw usageError(`${name} must be one of ${allowed.join(', ')}`);
  return found;
}

/** As a zone of business dates is checked when it is used, but without repeating it. */
function zone(name: string, value: string | undefined): string | undefined {
  if (value === undefined || isZone(value)) return value;
  throw usageError(`${name} is no time zone`, ZONE_HINT);
}

/** A word out of a flag. */
function oneOf<T extends string>(what: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw usageError(`unknown ${what} "${value}"`, `One of: ${allowed.join(', ')}.`);
  return found;
}
