/**
 * Measures runs of ids: counts rows and finds the smallest and largest time, by BETWEEN on the key. The width of a run
 * follows the density of the ids; a hole is jumped over with one seek.
 */
import type { Knex } from 'knex';
import { ColumnBatch, type ColumnSpec } from '../../../database/column-batch.ts';
import { openScanner } from '../../../database/column-scan.ts';
import type { Database } from '../../../database/database.ts';
import { parseInstant } from '../../../database/instant.ts';
import { findOddTime, oddTimeError } from '../../../database/odd-time.ts';
import { keyOutOfRange } from '../../../database/unreadable.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import type { LogTable } from '../log/log-table.ts';
import { coreInterval } from '../rules/core-interval.ts';
import type { IdCheck, Stray, Zone } from './zone.ts';

/** A run is measured again, half as wide, when it holds more than this many times the rows wanted. */
const overfull = 4;
const idMax = 2n ** 63n - 1n;
/** Zones wider than this are searched for strays. */
const wideMs = 10 * 60_000;

/** Smallest and largest id within the bounds (inclusive; undefined: unbounded), or undefined when there is no row. */
export async function idBounds(
  database: Database,
  log: LogTable,
  above?: bigint,
): Promise<{ minId: bigint; maxId: bigint } | undefined> {
  const { knex } = database;
  const ids = () => (above === undefined ? knex(log.table) : knex(log.table).where(log.key, '>', above.toString()));
  // One look into the index each; asked for both at once, SQLite reads the whole table.
  const row: { min: unknown; max: unknown } = await knex
    .select({ min: ids().min(log.key), max: ids().max(log.key) })
    .first();
  if (row.min === null) return undefined;
  const maxId = toBigInt(row.max);
  if (maxId > idMax) throw keyOutOfRange(log.table, log.key, maxId);
  return { minId: toBigInt(row.min), maxId };
}

/** What the rows whose id lies between the two (inclusive) come to. */
export async function checkIds(database: Database, log: LogTable, fromId: bigint, toId: bigint): Promise<IdCheck> {
  const { knex } = database;
  const [row]: Row[] = await knex(log.table)
    .whereBetween(log.key, [fromId.toString(), toId.toString()])
    .select(idCheckColumns(knex, log));
  return toIdCheck(row);
}

function idCheckColumns(knex: Knex, { key }: LogTable): Knex.Raw {
  return knex.raw(
    'COUNT(*) AS row_count, SUM(?? % 1073741789) AS id_sum, SUM((?? % 65521) * (?? % 65521)) AS id_square_sum',
    [key, key, key],
  );
}

function toIdCheck(row: Record<string, unknown>): IdCheck {
  const rows = toNumber(row.row_count);
  return { rows, idSum: toNumber(row.id_sum ?? 0), idSquareSum: toNumber(row.id_square_sum ?? 0) };
}

/**
 * Tiles [fromId, toId] with zones of about `rowsWanted` rows.
 * @param onZone called after each zone; a rejected promise or a throw ends the measuring
 */
export async function measureZones(
  database: Database,
  log: LogTable,
  fromId: bigint,
  toId: bigint,
  rowsWanted: number,
  onZone?: (zone: Zone) => void,
): Promise<Zone[]> {
  const zones: Zone[] = [];
  let width = BigInt(rowsWanted);
  for (let start = fromId; start <= toId; ) {
    const end = min(start + width - 1n, toId);
    const zone = await measureZone(database, log, start, end);
    if (zone.rows > overfull * rowsWanted && width > 1n) {
      width = max(1n, width / 2n);
      continue;
    }
    if (zone.rows > 0) {
      zones.push(zone);
      onZone?.(zone);
      width = max(1n, ((end - start + 1n) * BigInt(rowsWanted)) / BigInt(zone.rows));
      start = end + 1n;
      continue;
    }
    // A hole is a zone of its own, so that the zones beside it stay dense and need no counting later.
    const after = await idBounds(database, log, end);
    const next = after === undefined || after.minId > toId ? toId + 1n : after.minId;
    zones.push({ ...zone, toId: next - 1n });
    start = next;
  }
  return zones;
}

/** Measures one run of ids; looks for strays when its times are far apart. */
export async function measureZone(database: Database, log: LogTable, fromId: bigint, toId: bigint): Promise<Zone> {
  const isOdd = database.dialect.isOddTime(database.dialect.quoteIdentifier(log.time));
  const [row] = (await database
    .knex(log.table)
    .whereBetween(log.key, [fromId.toString(), toId.toString()])
    .select(idCheckColumns(database.knex, log))
    .select(database.knex.raw(isOdd === undefined ? '0 AS odd' : `SUM(${isOdd}) AS odd`))
    .count(`${log.time} as dated`)
    .min(`${log.time} as first`)
    .max(`${log.time} as last`)) as ({ dated: unknown; first: string | null; last: string | null } & Record<
    string,
    unknown
  >)[];
  if (Number(row.odd) > 0) {
    const odd = await findOddTime(database, log);
    if (odd !== undefined) throw oddTimeError(log.table, log.key, log.time, odd);
  }
  const check = toIdCheck(row);
  const minMs = row.first === null ? Number.POSITIVE_INFINITY : parseInstant(row.first);
  const maxMs = row.last === null ? Number.NEGATIVE_INFINITY : parseInstant(row.last);
  const undated = check.rows - toNumber(row.dated);
  const zone: Zone = { ...check, fromId, toId, undated, minMs, maxMs, strays: [] };
  // A bound that is no time would hide the whole zone: reading it finds the bounds of the others, or names the row.
  const isUnknown = Number.isNaN(minMs) || Number.isNaN(maxMs);
  return isUnknown || maxMs - minMs > wideMs || meetsMonthEnd(minMs, maxMs) ? withoutStrays(database, log, zone) : zone;
}

/** A zero date without its day alone, `2026-11-00`, lies between two months, where neither bound tells of it. */
function meetsMonthEnd(minMs: number, maxMs: number): boolean {
  return maxMs > minMs && new Date(minMs).getUTCMonth() !== new Date(maxMs).getUTCMonth();
}

/**
 * Reads the times of a zone and names apart the rows that make it wide. A zero date of MySQL counts as no time.
 * @throws SettleError UNREADABLE_VALUE (exit code 2) for a text in SQLite that is no time
 */
async function withoutStrays(database: Database, log: LogTable, zone: Zone): Promise<Zone> {
  const columns: ColumnSpec[] = [
    { name: log.key, type: 'int64' },
    { name: log.time, type: 'instant' },
  ];
  const batch = new ColumnBatch(columns, zone.rows + 1024);
  const scanner = await openScanner(database);
  try {
    const { fromId: from, toId: to } = zone;
    await scanner.scan({ table: log.table, key: log.key, columns, from, to, limit: batch.capacity }, batch);
  } finally {
    await scanner.close();
  }
  const times = batch.doubles(1).subarray(0, batch.size);
  const core = coreInterval(times);
  const undated = times.reduce((count, time) => (Number.isNaN(time) ? count + 1 : count), 0);
  if (core === undefined) return { ...zone, undated, minMs: Number.POSITIVE_INFINITY, maxMs: Number.NEGATIVE_INFINITY };
  const strays: Stray[] = core.strays.map((at) => ({ id: batch.int64(0).values[at], timeMs: times[at] }));
  return { ...zone, undated, minMs: core.minMs, maxMs: core.maxMs, strays };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
