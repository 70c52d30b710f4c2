/** Opens the view log, wherever it lies: in settle's own database, or on the shards of the configuration. */
import { realpathSync } from 'node:fs';
import type { Database } from '../../../database/database.ts';
import { openDatabase } from '../../../database/open.ts';
import { parseDatabaseUrl } from '../../../database/url.ts';
import { ExitCode, SettleError, usageError } from '../../../errors.ts';
import { type ShardSetting, shardSettings, viewReplicaUrls } from './log-settings.ts';
import type { LogShard } from './log-shard.ts';
import { baseOf } from './shard-key.ts';
import { insertShards, numberShards, selectShards } from './shard-store.ts';
import { viewLog } from './view-log.ts';

export interface ViewLog {
  /** By number; never empty. */
  readonly shards: readonly LogShard[];
  /** Whether it lies on shards, and ids are keys of shard and id. */
  readonly isCut: boolean;
}

/**
 * Opens it for the time of `work`.
 * @throws SettleError SHARD_MISSING, SHARD_TWICE, LOG_BESIDE_SHARDS (exit 2): the configuration would lose rows, or count
 *   some twice; exit 1: a shard cannot be reached
 */
export async function withViewLog<T>(database: Database, work: (log: ViewLog) => Promise<T>): Promise<T> {
  const settings = shardSettings();
  const known = await selectShards(database.knex);
  requireKnownShards(known, settings);
  if (settings.length === 0) return await work({ shards: [wholeLog(database)], isCut: false });
  const opened = await openShards(
    settings,
    numberShards(
      known,
      settings.map(({ name }) => name),
    ),
  );
  try {
    await requireApart(database, opened);
    return await work({ shards: opened.toSorted((a, b) => a.number - b.number), isCut: true });
  } finally {
    await closeAll(opened);
  }
}

/**
 * Keeps the numbers of shards that are new, for good.
 * @throws SettleError (exit 1) when another run has numbered other ones meanwhile
 */
export async function registerShards(database: Database, { shards, isCut }: ViewLog): Promise<void> {
  if (!isCut) return;
  const numbers = new Map(shards.map(({ name = '', number }) => [name, number]));
  const isKept = (known: ReadonlyMap<string, number>) =>
    [...numbers].every(([name, number]) => known.get(name) === number);
  if (isKept(await selectShards(database.knex))) return;
  await database.transaction(async (tx) => {
    await insertShards(tx, [...numbers.keys()]);
    if (isKept(await selectShards(tx))) return;
    throw new SettleError('SHARDS_CHANGED', ExitCode.failed, 'another run has named other shards at the same time', {
      hint: 'Name the same shards for every run, and start it again.',
    });
  });
}

/** What `view_log` of settle's own database would be written by. @throws SettleError (exit 2) where the log lies on shards */
export function requireOwnLog(): void {
  if (shardSettings().length === 0) return;
  throw usageError(
    'the view log lies on the shards of SETTLE_SHARDS, which settle only reads',
    'write the rows there, or leave SETTLE_SHARDS out to write into view_log of this database',
  );
}

/** @throws SettleError (exit 2) when the settings of this host cannot be read, or leave a shard out */
export async function requireShards({ knex }: Database): Promise<void> {
  requireKnownShards(await selectShards(knex), shardSettings());
}

/** A shard that is left out would be a log without its rows, and statistics of the rest alone. */
export function requireKnownShards(known: ReadonlyMap<string, number>, settings: readonly ShardSetting[]): void {
  const named = new Set(settings.map(({ name }) => name));
  const missing = [...known.keys()].filter((name) => !named.has(name));
  if (missing.length === 0) return;
  throw new SettleError(
    'SHARD_MISSING',
    ExitCode.usage,
    `SETTLE_SHARDS does not name ${missing.join(', ')}, where a part of the view log lies`,
    { hint: 'Name every shard. When one is gone for good, delete its row from settle_shard.' },
  );
}

function wholeLog(database: Database): LogShard {
  return {
    number: 0,
    name: undefined,
    database,
    table: viewLog,
    map: viewLog.table,
    base: 0n,
    replicaUrls: viewReplicaUrls(database.url),
  };
}

async function openShards(
  settings: readonly ShardSetting[],
  numbers: ReadonlyMap<string, number>,
): Promise<LogShard[]> {
  const opened = await Promise.allSettled(
    settings.map(async ({ name, url, replicaUrls }): Promise<LogShard> => {
      const number = numbers.get(name) as number;
      const database = await openShard(name, url);
      return { number, name, database, table: viewLog, map: `view_log@${name}`, base: baseOf(number), replicaUrls };
    }),
  );
  const shards = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return shards;
  await closeAll(shards);
  throw failed.reason;
}

/** @throws SettleError that names the shard */
export async function openShard(name: string, url: string, poolSizeMax?: number): Promise<Database> {
  try {
    return await openDatabase(url, { create: false, poolSizeMax });
  } catch (error) {
    const { code, exitCode, message, hint } = error as SettleError;
    throw new SettleError(code, exitCode, `the shard ${name}: ${message}`, { hint, cause: error });
  }
}

async function closeAll(shards: readonly LogShard[]): Promise<void> {
  await Promise.all(shards.map(({ database }) => database.close()));
}

/** Two names of one table would count its rows twice; rows of settle's own view_log would not be counted at all. */
async function requireApart(own: Database, shards: readonly LogShard[]): Promise<void> {
  const names = new Map<string, string>();
  for (const { name = '', database } of shards) {
    const place = await placeOf(database);
    const other = names.get(place);
    if (other !== undefined) {
      throw new SettleError(
        'SHARD_TWICE',
        ExitCode.usage,
        `the shards ${other} and ${name} are one and the same database`,
        {
          hint: 'Correct SETTLE_SHARDS: every view would be counted twice.',
        },
      );
    }
    names.set(place, name);
  }
  if (names.has(await placeOf(own))) return;
  if ((await own.knex(viewLog.table).first(viewLog.key)) === undefined) return;
  throw new SettleError(
    'LOG_BESIDE_SHARDS',
    ExitCode.usage,
    'view_log of this database has rows, and SETTLE_SHARDS does not name it',
    { hint: 'Name it as a shard too, or move its rows to one.' },
  );
}

/** What tells a database from every other, whatever URL leads to it. */
async function placeOf({ url, knex }: Database): Promise<string> {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'sqlite') return `sqlite:${realpathSync(parsed.path)}`;
  const [[row]] = await knex.raw("SELECT CONCAT_WS('|', @@hostname, @@port, @@datadir, DATABASE()) AS place");
  return String(row.place);
}
