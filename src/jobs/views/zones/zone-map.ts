/**
 * Keeps the zone map of a log true: extends it over new rows, and finds rows that turned up in a zone after it was
 * measured (a writer that took its id early and committed late).
 */
import pLimit from 'p-limit';
import type { Database } from '../../../database/database.ts';
import { type LogShard, requireShardIds } from '../log/log-shard.ts';
import { checkIds, idBounds, measureZone, measureZones } from './measure-zones.ts';
import { isDense, sameIds, sameRows, type Zone } from './zone.ts';
import { deleteZones, forgetZones, insertZones, loadZones, lockExtent, readExtent, saveExtent } from './zone-store.ts';

/** Rows a zone: small zones plan small logs exactly, large ones keep the map of a large log small. */
const zoneRowsMin = 256;
const zoneRowsMax = 16_384;
/** A zone holds about this share of the log's id range. */
const zonesWanted = 1024n;
/** How many zones are counted by one statement. */
const zonesACount = 64;

/** In all of these `database` is settle's own, which keeps the map; the log lies where `log.database` says. */
export interface ZoneMapOptions {
  /** Statements under way at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called with the number of rows measured since the last call. */
  readonly onRows?: (rows: number) => void;
}

/** The zones of the log, extended over every row that is visible now. */
export async function extendZoneMap(database: Database, log: LogShard, options: ZoneMapOptions): Promise<Zone[]> {
  const extendedTo = await readExtent(database.knex, log.map);
  const bounds = await idBounds(log.database, log.table, extendedTo);
  if (bounds === undefined) return loadZones(database.knex, log.map);
  requireShardIds(log, bounds);
  const fromId = extendedTo === undefined ? bounds.minId : extendedTo + 1n;
  const added = await measureInParallel(log, fromId, bounds.maxId, options);
  await database.transaction(async (tx) => {
    // Another run may have extended the map meanwhile; then its zones stand and ours are dropped.
    if ((await lockExtent(tx, log.map)) !== extendedTo) return;
    await insertZones(database, tx, log.map, added);
    await saveExtent(tx, log.map, bounds.maxId);
  });
  return loadZones(database.knex, log.map);
}

/**
 * Forgets the map of a shard when its name leads to another log than the one that was measured: two URLs that were
 * exchanged, say. Dense zones are believed, so one of them is measured again: its ids and times tell logs apart.
 * @returns whether it was another log
 */
export async function forgetOtherLog(database: Database, log: LogShard): Promise<boolean> {
  // The map of a log that is not cut lies beside it.
  if (log.name === undefined) return false;
  const remembered = (await loadZones(database.knex, log.map)).findLast((zone) => zone.rows > 0 && isDense(zone));
  if (remembered === undefined) return false;
  const measured = await measureZone(log.database, log.table, remembered.fromId, remembered.toId);
  if (sameRows(remembered, measured)) return false;
  await database.transaction(async (tx) => {
    await lockExtent(tx, log.map);
    await forgetZones(tx, log.map);
  });
  return true;
}

/**
 * Looks again at the zones that `doubted` picks and measures those anew in which rows have turned up (or gone). Without
 * it a row that became visible late would never be found in a zone that is not read. Dense zones have no room for one.
 * @returns whether the map has changed and must be loaded again
 */
export async function recheckZones(
  database: Database,
  log: LogShard,
  zones: readonly Zone[],
  doubted: (zone: Zone) => boolean,
  options: ZoneMapOptions,
): Promise<boolean> {
  const runs = runsOf(zones, (zone) => !isDense(zone) && doubted(zone));
  const limit = pLimit(options.concurrency);
  const changed = await Promise.all(
    runs.map((run) =>
      limit(async () => {
        options.signal?.throwIfAborted();
        return !sameIds(run, await checkIds(log.database, log.table, run[0].fromId, run[run.length - 1].toId));
      }),
    ),
  );
  for (const [at, run] of runs.entries()) if (changed[at]) await remeasureZones(database, log, run);
  const before = await measureBefore(database, log, zones);
  return before || changed.includes(true);
}

/** Measures the ids of neighbouring zones again. Does nothing when another run has changed them meanwhile. */
export async function remeasureZones(database: Database, log: LogShard, old: readonly Zone[]): Promise<void> {
  const { fromId } = old[0];
  const { toId } = old[old.length - 1];
  const rows = old.reduce((sum, zone) => sum + zone.rows, 0);
  const zones = await measureZones(log.database, log.table, fromId, toId, rowsAZone(BigInt(rows) * zonesWanted));
  await replaceZones(database, log, fromId, toId, old, zones);
}

/** Rows before the first zone, in ids that were taken before the map was begun. */
async function measureBefore(database: Database, log: LogShard, zones: readonly Zone[]): Promise<boolean> {
  const bounds = await idBounds(log.database, log.table);
  if (bounds === undefined || zones.length === 0 || bounds.minId >= zones[0].fromId) return false;
  const toId = zones[0].fromId - 1n;
  const found = await measureZones(log.database, log.table, bounds.minId, toId, rowsAZone(toId - bounds.minId + 1n));
  await replaceZones(database, log, bounds.minId, toId, [], found);
  return true;
}

/** Puts `zones` in the place of `old`, unless the map is no longer what `old` was taken from. */
async function replaceZones(
  database: Database,
  log: LogShard,
  fromId: bigint,
  toId: bigint,
  old: readonly Zone[],
  zones: Zone[],
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockExtent(tx, log.map);
    const current = (await loadZones(tx, log.map)).filter((zone) => zone.toId >= fromId && zone.fromId <= toId);
    const isUnchanged =
      current.length === old.length &&
      current.every(
        (zone, at) => zone.fromId === old[at].fromId && zone.toId === old[at].toId && sameIds([old[at]], zone),
      );
    if (!isUnchanged) return;
    await deleteZones(tx, log.map, fromId, toId);
    await insertZones(database, tx, log.map, zones);
  });
}

async function measureInParallel(
  log: LogShard,
  fromId: bigint,
  toId: bigint,
  options: ZoneMapOptions,
): Promise<Zone[]> {
  const rowsWanted = rowsAZone(toId - fromId + 1n);
  const parts = cutIds(fromId, toId, options.concurrency * 8, BigInt(rowsWanted));
  const limit = pLimit(options.concurrency);
  const measured = await Promise.all(
    parts.map(([from, to]) =>
      limit(() =>
        measureZones(log.database, log.table, from, to, rowsWanted, (zone) => {
          options.signal?.throwIfAborted();
          options.onRows?.(zone.rows);
        }),
      ),
    ),
  );
  return measured.flat();
}

function rowsAZone(ids: bigint): number {
  return Math.min(zoneRowsMax, Math.max(zoneRowsMin, Number(ids / zonesWanted)));
}

/** Cuts [fromId, toId] into at most `parts` runs of at least `width` ids. */
function cutIds(fromId: bigint, toId: bigint, parts: number, width: bigint): [bigint, bigint][] {
  const ids = toId - fromId + 1n;
  const step = ids / BigInt(parts) > width ? ids / BigInt(parts) + 1n : width;
  const runs: [bigint, bigint][] = [];
  for (let from = fromId; from <= toId; from += step) {
    runs.push([from, from + step - 1n < toId ? from + step - 1n : toId]);
  }
  return runs;
}

/** Runs of neighbouring doubted zones, at most `zonesACount` each. */
function runsOf(zones: readonly Zone[], doubted: (zone: Zone) => boolean): Zone[][] {
  const runs: Zone[][] = [];
  let run: Zone[] = [];
  for (const zone of zones) {
    if (run.length === zonesACount || (run.length > 0 && !doubted(zone))) {
      runs.push(run);
      run = [];
    }
    if (doubted(zone)) run.push(zone);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
