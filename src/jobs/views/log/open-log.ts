/** Opens the view log, wherever it lies: in settle's own database, or on the shards of the configuration. */
import { realpathSync } from 'node:fs';
import type { Database, Transaction } from '../../../database/database.ts';
import { openDatabase } from '../../../database/open.ts';
import { parseDatabaseUrl } from '../../../database/url.ts';
import { ExitCode, SettleError, usageError } from '../../../errors.ts';
import { requireDistinctRows } from './distinct-rows.ts';
import { type ShardSetting, shardSettings, viewReplicaUrls } from './log-settings.ts';
import { type LogShard, mapOfShard } from './log-shard.ts';
import { baseOf } from './shard-key.ts';
import { insertShard, lockShards, numberShards, readUnusedNumber, selectShards } from './shard-store.ts';
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
  const opened = await openShards(settings);
  try {
    const own = await requireApart(database, opened);
    const names = settings.map(({ name }) => name);
    const unused = names.every((name) => known.has(name)) ? 0 : await readUnusedNumber(database.knex);
    const numbers = numberShards(known, names, unused, own);
    const shards = opened.map((shard) => numbered(shard, numbers.get(shard.name) as number));
    return await work({ shards: shards.sort((a, b) => a.number - b.number), isCut: true });
  } finally {
    await closeAll(opened);
  }
}

/**
 * Keeps the numbers of shards that are new, for good.
 * @param forget told of each new one: what is remembered by its name is of another one, whose row was deleted
 * @throws SettleError SHARD_TWICE (exit 2) when two have the same rows; exit 1: another run has numbered other ones meanwhile
 */
export async function registerShards(
  database: Database,
  { shards, isCut }: ViewLog,
  forget: (tx: Transaction, shard: LogShard) => Promise<void>,
): Promise<void> {
  if (!isCut) return;
  const added = (known: ReadonlyMap<string, number>) => shards.filter(({ name = '' }) => !known.has(name));
  const before = await selectShards(database.knex);
  requireSameShards(before, shards);
  if (added(before).length === 0) return;
  await requireDistinctRows(shards);
  await database.transaction(async (tx) => {
    await lockShards(tx);
    const known = await selectShards(tx);
    requireSameShards(known, shards);
    for (const shard of added(known)) {
      await forget(tx, shard);
      await insertShard(tx, shard.name ?? '', shard.number);
    }
  });
}

/** One that another run has named since the shards were opened would be left out, or two would share a number. */
function requireSameShards(known: ReadonlyMap<string, number>, shards: readonly LogShard[]): void {
  const numbers = new Map(shards.map(({ name = '', number }) => [name, number]));
  const taken = new Set(known.values());
  const isSame =
    [...known].every(([name, number]) => numbers.get(name) === number) &&
    [...numbers].every(([name, number]) => known.has(name) || !taken.has(number));
  if (isSame) return;
  throw new SettleError('SHARDS_CHANGED', ExitCode.failed, 'another run has named other shards at the same time', {
    hint: 'Name the same shards for every run, and start it again.',
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

interface OpenedShard {
  readonly name: string;
  readonly database: Database;
  readonly replicaUrls: readonly string[];
}

function numbered({ name, database, replicaUrls }: OpenedShard, number: number): LogShard {
  return { number, name, database, table: viewLog, map: mapOfShard(name), base: baseOf(number), replicaUrls };
}

async function openShards(settings: readonly ShardSetting[]): Promise<OpenedShard[]> {
  const opened = await Promise.allSettled(
    settings.map(async ({ name, url, replicaUrls }): Promise<OpenedShard> => {
      return { name, database: await openShard(name, url), replicaUrls };
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

async function closeAll(shards: readonly OpenedShard[]): Promise<void> {
  await Promise.all(shards.map(({ database }) => database.close()));
}

/**
 * Two names of one table would count its rows twice; rows of settle's own view_log would not be counted at all.
 * @returns the name of the shard in settle's own database, if there is one
 */
async function requireApart(own: Database, shards: readonly OpenedShard[]): Promise<string | undefined> {
  const names = new Map<string, string>();
  for (const { name, database } of shards) {
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
  const ownName = names.get(await placeOf(own));
  if (ownName !== undefined) return ownName;
  if ((await own.knex(viewLog.table).first(viewLog.key)) === undefined) return undefined;
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
  const schema = 'IF(@@lower_case_table_names = 0, DATABASE(), LOWER(DATABASE()))';
  const [[row]] = await knex.raw(`SELECT CONCAT_WS('|', @@hostname, @@port, @@datadir, ${schema}) AS place`);
  return String(row.place);
}
