/** Rows of a date that its last run has not read: whether a completed date is still what the log says. */
import type { Database } from '../../../database/database.ts';
import { instantText } from '../../../database/instant.ts';
import { toNumber } from '../../../database/values.ts';
import { businessDay } from '../../../rules/business-time.ts';
import { zoneMeets } from '../zones/zone.ts';
import { loadZones } from '../zones/zone-store.ts';
import type { StatisticsRun } from './statistics-run.ts';
import { viewLog } from './view-log.ts';

/** Up to so many rows of the log, the whole log is counted: a fraction of a second in the server. */
const wholeCountRowsMax = 5_000_000;

/**
 * How many rows of the date arrived after its run. Of a large log only ids above those that the run knew are counted:
 * a row that turned up among older ids is found by `verify` and by the next run.
 */
export async function countArrivedRows(database: Database, run: StatisticsRun): Promise<number> {
  const { startMs, endMs } = businessDay(run.date, run.zone);
  const zones = await loadZones(database.knex, viewLog.table);
  const known = zones.reduce((sum, { rows }) => sum + rows, 0);
  if (run.logEndId === undefined || known <= wholeCountRowsMax) {
    const rows = await countRows(database, startMs, endMs);
    // Fewer: the platform has removed rows of the log, and the statistics keep what they counted.
    return Math.max(0, rows - run.rowsOfDate);
  }
  const logEndId = run.logEndId;
  let rows = 0;
  for (const zone of zones) {
    if (zone.toId <= logEndId || !zoneMeets(zone, startMs, endMs)) continue;
    const from = zone.fromId > logEndId ? zone.fromId : logEndId + 1n;
    rows += await countRows(database, startMs, endMs, from, zone.toId);
  }
  const mappedEnd = zones.at(-1)?.toId ?? logEndId;
  return rows + (await countRows(database, startMs, endMs, (mappedEnd > logEndId ? mappedEnd : logEndId) + 1n));
}

/** The largest id of the log; undefined when it is empty. */
export async function lastLogId({ knex }: Pick<Database, 'knex'>): Promise<bigint | undefined> {
  const row = await knex(viewLog.table).max({ last: viewLog.key }).first();
  return row?.last === null || row?.last === undefined ? undefined : BigInt(row.last);
}

async function countRows(
  { knex }: Database,
  startMs: number,
  endMs: number,
  fromId?: bigint,
  toId?: bigint,
): Promise<number> {
  const query = knex(viewLog.table)
    .where(viewLog.time, '>=', instantText(startMs))
    .where(viewLog.time, '<', instantText(endMs));
  if (fromId !== undefined) query.where(viewLog.key, '>=', fromId.toString());
  if (toId !== undefined) query.where(viewLog.key, '<=', toId.toString());
  const [{ rows }] = await query.count({ rows: '*' });
  return toNumber(rows);
}
