/**
 * Scans of the view log by key, each where the rows lie: on settle's own database, on a shard, or on a replica of either. A
 * replica that lags, breaks or has other rows is left for a while: what it had in hand is tried again elsewhere, from the
 * last checkpoint.
 */
import type { Logger } from 'pino';
import type { ColumnBatch } from '../../../database/column-batch.ts';
import { openScanner } from '../../../database/column-scan.ts';
import type { Database } from '../../../database/database.ts';
import { toSettleError } from '../../../database/errors.ts';
import { openDatabase } from '../../../database/open.ts';
import type { DecodeRows, Scanner, TakeRows } from '../../../database/scanner.ts';
import { displayUrl } from '../../../database/url.ts';
import { ExitCode, isPlanOutdated, SettleError } from '../../../errors.ts';
import { type ShardSetting, shardSettings, viewReplicaUrls } from '../log/log-settings.ts';
import { openShard, requireKnownShards } from '../log/open-log.ts';
import { waitForPosition } from '../log/replication-position.ts';
import { baseOf, placeOf } from '../log/shard-key.ts';
import { viewLog, viewLogColumns } from '../log/view-log.ts';
import { checkIds } from '../zones/measure-zones.ts';
import { sameIds } from '../zones/zone.ts';

/** How long a replica may take to have the plan's rows: the bound on its lag. */
const LAG_SECONDS_MAX = 10;
const LEFT_MS = 60_000;
/** One connection, so that what was found out of a server holds for the scan, also behind a proxy of several. */
const POOL_SIZE = 1;

/** What the plan says of the log: StatisticsPlanDetail has these. */
export interface PlannedLog {
  readonly shards?: readonly { readonly number: number; readonly name: string }[];
  readonly ends?: Readonly<Record<number, { readonly from: string; readonly to: string; readonly rows: number }>>;
  readonly positions?: Readonly<Record<number, string>>;
  /** By key; the last zone of a shard tells whether a replica has its rows. */
  readonly zones: readonly { readonly fromId: bigint; readonly toId: bigint }[];
}

interface OpenedScanner {
  readonly scanner: Scanner;
  readonly base: bigint;
  /** Undefined: the primary. */
  readonly replicaUrl: string | undefined;
  close(): Promise<void>;
}

interface Place {
  /** Undefined: settle's own database. */
  readonly setting: ShardSetting | undefined;
  readonly base: bigint;
  readonly replicaUrls: readonly string[];
  readonly position: string | undefined;
}

/** URL of a replica -> when it may be tried again, by this thread's clock. */
const left = new Map<string, number>();

/** One partition's scans. One at a time. */
export class LogScanner {
  readonly #database: Database;
  readonly #plan: PlannedLog;
  readonly #logger: Logger;
  readonly #opened = new Map<number, OpenedScanner>();

  constructor(database: Database, plan: PlannedLog, logger: Logger) {
    this.#database = database;
    this.#plan = plan;
    this.#logger = logger;
  }

  /**
   * As Scanner.scan, of the view log's columns, for keys that lie on one shard; the ids that are handed over are keys.
   * @throws SettleError REPLICA_LEFT, a transient error, for whatever goes wrong on a replica
   */
  async scan(
    range: { readonly from: bigint; readonly to: bigint; readonly limit: number },
    batch: ColumnBatch,
    take: TakeRows,
    decode: DecodeRows,
  ): Promise<number> {
    const { scanner, base, replicaUrl } = await this.#scannerOf(range.from);
    const { table, key } = viewLog;
    const { limit } = range;
    const query = { table, key, columns: viewLogColumns, from: range.from - base, to: range.to - base, limit };
    try {
      return await scanner.scan(base === 0n ? query : { ...query, keyBase: base }, batch, take, decode);
    } catch (error) {
      if (replicaUrl === undefined || isPlanOutdated(error)) throw error;
      this.#leave(replicaUrl, toSettleError(error).message);
      throw replicaLeft(replicaUrl, error);
    }
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(opened.map((one) => one.close()));
  }

  async #scannerOf(key: bigint): Promise<OpenedScanner> {
    const number = this.#plan.shards === undefined ? 0 : placeOf(key).number;
    const opened = this.#opened.get(number);
    if (opened !== undefined) return opened;
    const place = this.#placeOf(number);
    const found = (await this.#onReplica(place)) ?? (await this.#onPrimary(place));
    this.#opened.set(number, found);
    return found;
  }

  #placeOf(number: number): Place {
    const position = this.#plan.positions?.[number];
    const { shards } = this.#plan;
    if (shards === undefined) {
      return { setting: undefined, base: 0n, replicaUrls: viewReplicaUrls(this.#database.url), position };
    }
    const settings = shardSettings();
    requireKnownShards(new Map(shards.map((one) => [one.name, one.number])), settings);
    const name = shards.find((one) => one.number === number)?.name;
    const setting = settings.find((one) => one.name === name);
    if (setting === undefined) throw new Error(`the plan knows no shard ${number}`);
    return { setting, base: baseOf(number), replicaUrls: setting.replicaUrls, position };
  }

  async #onPrimary({ setting, base }: Place): Promise<OpenedScanner> {
    if (setting === undefined) {
      const scanner = await openScanner(this.#database);
      return { scanner, base, replicaUrl: undefined, close: () => scanner.close() };
    }
    return await opened(await this.#openPrimary(setting, base), base, undefined);
  }

  /** @throws SettleError SHARD_OTHER (exit 2): this host's settings lead to another server than those of the plan's */
  async #openPrimary({ name, url }: ShardSetting, base: bigint): Promise<Database> {
    const database = await openShard(name, url, POOL_SIZE);
    try {
      const end = this.#plan.ends?.[placeOf(base).number];
      if (end === undefined) return database;
      const { rows } = await checkIds(database, viewLog, BigInt(end.from), BigInt(end.to));
      // More: some have turned up since.
      if (rows >= end.rows) return database;
      throw new SettleError(
        'SHARD_OTHER',
        ExitCode.usage,
        `the shard ${name} has ${rows} rows with ids from ${end.from} to ${end.to}, where the plan knows of ${end.rows}`,
        { hint: 'Its URL in SETTLE_SHARDS of this host must be of the same server as where the run was started.' },
      );
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** On the first replica that has the plan's rows; undefined: on none. */
  async #onReplica(place: Place): Promise<OpenedScanner | undefined> {
    const { replicaUrls, position, base } = place;
    for (const url of replicaUrls) {
      if ((left.get(url) ?? 0) > performance.now()) continue;
      if (position === undefined) {
        this.#leave(url, 'its primary keeps no GTIDs, by which it could be told how far it is');
        continue;
      }
      let replica: Database | undefined;
      try {
        replica = await openDatabase(url, { create: false, poolSizeMax: POOL_SIZE });
        const problem = await this.#problemOf(replica, place, position);
        if (problem === undefined) return await opened(replica, base, url);
        this.#leave(url, problem);
      } catch (error) {
        this.#leave(url, toSettleError(error).message);
      }
      await replica?.close();
    }
    return undefined;
  }

  /** Why the replica is not to be read; undefined: it has the plan's rows. */
  async #problemOf(replica: Database, place: Place, position: string): Promise<string | undefined> {
    if (!(await waitForPosition(replica, position, LAG_SECONDS_MAX))) {
      return `it does not have what its primary had ${LAG_SECONDS_MAX} s ago`;
    }
    const { setting, base } = place;
    const end = base + baseOf(1);
    const zone = this.#plan.zones.findLast(
      ({ fromId, toId }) => setting === undefined || (fromId >= base && toId < end),
    );
    if (zone === undefined) return undefined;
    const ids = (database: Database) => checkIds(database, viewLog, zone.fromId - base, zone.toId - base);
    const primary = setting === undefined ? this.#database : await this.#openPrimary(setting, base);
    try {
      const [own, theirs] = await Promise.all([ids(replica), ids(primary)]);
      return sameIds([theirs], own) ? undefined : 'it has other rows than its primary';
    } finally {
      if (setting !== undefined) await primary.close();
    }
  }

  #leave(url: string, reason: string): void {
    left.set(url, performance.now() + LEFT_MS);
    this.#logger.warn({ replica: displayUrl(url) }, `a replica is not read: ${reason}`);
  }
}

async function opened(database: Database, base: bigint, replicaUrl: string | undefined): Promise<OpenedScanner> {
  const scanner = await openScanner(database);
  const close = async () => {
    await scanner.close();
    await database.close();
  };
  return { scanner, base, replicaUrl, close };
}

/** A lost connection to whoever decides what to try again: the next attempt does not come here. */
function replicaLeft(url: string, cause: unknown): SettleError {
  const lost = Object.assign(new Error('the replica was left', { cause }), { code: 'PROTOCOL_CONNECTION_LOST' });
  const { message } = toSettleError(cause);
  return new SettleError('REPLICA_LEFT', ExitCode.failed, `the replica ${displayUrl(url)} broke off: ${message}`, {
    hint: 'Its rows are read elsewhere.',
    cause: lost,
  });
}
