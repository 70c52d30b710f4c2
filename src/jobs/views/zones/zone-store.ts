/**
 * The tables settle_zone and settle_zone_map: what is remembered about a log, and up to which id. One statement, one
 * function.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { lockRow } from '../../../database/lock-row.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import type { Zone } from './zone.ts';

/** Every zone of the log, by id. */
export async function loadZones(executor: Executor, table: string): Promise<Zone[]> {
  const rows = await executor('settle_zone')
    .where({ table_name: table })
    .orderBy('from_id')
    .select('from_id', 'to_id', 'row_count', 'undated_count', 'id_sum', 'id_square_sum', 'min_ms', 'max_ms', 'strays');
  const zones = rows.map(toZone);
  requireTiling(zones, table);
  return zones;
}

/** A gap or an overlap would lose rows or count them twice. */
function requireTiling(zones: readonly Zone[], table: string): void {
  for (let at = 1; at < zones.length; at++) {
    if (zones[at].fromId === zones[at - 1].toId + 1n) continue;
    throw new SettleError(
      'ZONE_MAP_BROKEN',
      ExitCode.invariantBroken,
      `the zones of ${table} do not tile its ids after id ${zones[at - 1].toId}`,
      {
        hint: `Delete the rows of '${table}' from settle_zone and settle_zone_map; the next run measures the log anew.`,
      },
    );
  }
}

function toZone(row: Record<string, unknown>): Zone {
  return {
    fromId: toBigInt(row.from_id),
    toId: toBigInt(row.to_id),
    rows: toNumber(row.row_count),
    undated: toNumber(row.undated_count),
    idSum: toNumber(row.id_sum),
    idSquareSum: toNumber(row.id_square_sum),
    minMs: row.min_ms === null ? Number.POSITIVE_INFINITY : toNumber(row.min_ms),
    maxMs: row.max_ms === null ? Number.NEGATIVE_INFINITY : toNumber(row.max_ms),
    strays:
      row.strays === null
        ? []
        : (JSON.parse(String(row.strays)) as [string, number][]).map(([id, timeMs]) => ({ id: BigInt(id), timeMs })),
  };
}

/** The id up to which zones exist, undefined before the first; its row is locked until the transaction ends. */
export async function lockExtent(tx: Transaction, table: string): Promise<bigint | undefined> {
  const columns = ['extended_to'];
  const row = await lockRow(tx, 'settle_zone_map', { table_name: table }, { columns, initial: { extended_to: null } });
  return extentOf(row);
}

/** The id up to which zones exist, without a lock. */
export async function readExtent(executor: Executor, table: string): Promise<bigint | undefined> {
  return extentOf(await executor('settle_zone_map').where({ table_name: table }).first('extended_to'));
}

function extentOf(row: Row | undefined): bigint | undefined {
  return row === undefined || row.extended_to === null ? undefined : toBigInt(row.extended_to);
}

export async function saveExtent(tx: Transaction, table: string, extendedTo: bigint): Promise<void> {
  await tx('settle_zone_map').where({ table_name: table }).update({ extended_to: extendedTo.toString() });
}

export async function insertZones(database: Database, tx: Transaction, table: string, zones: Zone[]): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_zone',
      columns: [
        'table_name',
        'from_id',
        'to_id',
        'row_count',
        'undated_count',
        'id_sum',
        'id_square_sum',
        'min_ms',
        'max_ms',
        'strays',
      ],
    },
    zones.map((zone) => [
      table,
      zone.fromId,
      zone.toId,
      zone.rows,
      zone.undated,
      zone.idSum,
      zone.idSquareSum,
      Number.isFinite(zone.minMs) ? zone.minMs : null,
      Number.isFinite(zone.maxMs) ? zone.maxMs : null,
      zone.strays.length === 0 ? null : JSON.stringify(zone.strays.map(({ id, timeMs }) => [id.toString(), timeMs])),
    ]),
  );
}

/** Forgets the log: it is measured anew. */
export async function forgetZones(tx: Transaction, table: string): Promise<void> {
  for (const kept of ['settle_zone', 'settle_zone_map']) await tx(kept).where({ table_name: table }).delete();
}

/** Removes the zones that lie within the ids, both inclusive. */
export async function deleteZones(tx: Transaction, table: string, fromId: bigint, toId: bigint): Promise<void> {
  await tx('settle_zone')
    .where({ table_name: table })
    .where('from_id', '>=', fromId.toString())
    .where('to_id', '<=', toId.toString())
    .delete();
}
