/**
 * Settings: flags win over the environment, the environment over the config file, the file over the defaults.
 * Secrets (the database URL) come from the environment or the file only: flags are visible to everyone in `ps`.
 */
import { readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'text';

/** The file in the working folder that is read when there is one. */
export const DEFAULT_CONFIG_FILE = 'settle.config.json';

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

export interface Settings {
  readonly databaseUrl: string;
  /** Where the URL came from, for messages. */
  readonly databaseUrlSource: 'SETTLE_DATABASE_URL' | 'config file' | 'default';
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
export function loadSettings(flags: GlobalFlags, environment: NodeJS.ProcessEnv = process.env): Settings {
  const file = readConfigFile(flags.config);
  const given = (name: string) => environment[name] || undefined;
  const fromEnvironment = given('SETTLE_DATABASE_URL');
  const fromFile = text(file, 'databaseUrl');
  return {
    databaseUrl: fromEnvironment ?? fromFile ?? 'sqlite:settle.db',
    databaseUrlSource: fromEnvironment ? 'SETTLE_DATABASE_URL' : fromFile ? 'config file' : 'default',
    logLevel: oneOf('log level', LOG_LEVELS, flags.logLevel ?? given('SETTLE_LOG') ?? text(file, 'logLevel')),
    logFormat: oneOf(
      'log format',
      ['json', 'text'],
      flags.logFormat ?? given('SETTLE_LOG_FORMAT') ?? text(file, 'logFormat'),
    ),
    zone: given('SETTLE_ZONE') ?? text(file, 'zone') ?? 'Asia/Seoul',
    workers: positive('SETTLE_WORKERS', given('SETTLE_WORKERS')) ?? positive('workers', file.workers),
    partitions: positive('partitions', file.partitions),
    chunk: positive('chunk', file.chunk),
    ledgerAnchors: given('SETTLE_LEDGER_ANCHORS') ?? text(file, 'ledgerAnchors'),
    ledgerAnchorKey: given('SETTLE_LEDGER_ANCHOR_KEY') ?? text(file, 'ledgerAnchorKey'),
  };
}

/** A whole number of at least 1, or undefined when absent. @throws SettleError (exit 2) */
export function positive(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 1) return number;
  throw usageError(`${name} must be a whole number of at least 1, not ${JSON.stringify(value)}`);
}

function readConfigFile(path: string | undefined): Record<string, unknown> {
  const name = path ?? DEFAULT_CONFIG_FILE;
  let source: string;
  try {
    source = readFileSync(name, 'utf8');
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw usageError(`cannot read the config file ${name}: ${(error as NodeJS.ErrnoException).code}`);
  }
  let values: unknown;
  try {
    values = JSON.parse(source);
  } catch (error) {
    throw usageError(`the config file ${name} is not JSON: ${(error as Error).message}`);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw usageError(`the config file ${name} must hold one JSON object`);
  }
  for (const key of Object.keys(values)) {
    if (!FILE_KEYS.includes(key)) {
      throw usageError(`unknown key "${key}" in the config file ${name}`, `It may hold: ${FILE_KEYS.join(', ')}.`);
    }
  }
  return values as Record<string, unknown>;
}

function text(file: Record<string, unknown>, key: string): string | undefined {
  const value = file[key];
  if (value === undefined || typeof value === 'string') return value;
  throw usageError(`"${key}" in the config file must be text, not ${JSON.stringify(value)}`);
}

function oneOf<T extends string>(what: string, allowed: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw usageError(`unknown ${what} "${value}"`, `One of: ${allowed.join(', ')}.`);
  return found;
}
