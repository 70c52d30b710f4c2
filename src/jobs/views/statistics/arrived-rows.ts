/** Rows of a date that its last run has not read: whether a completed date is still what the log says. */
import type { Database } from '../../../database/database.ts';
import { instantText } from '../../../database/instant.ts';
import { toNumber } from '../../../database/values.ts';
import { businessDay } from '../../../rules/business-time.ts';
import type { LogShard } from '../log/log-shard.ts';
import { withViewLog } from '../log/open-log.ts';
import { viewLog } from '../log/view-log.ts';
import { type Zone, zoneMeets } from '../zones/zone.ts';
import { loadZones } from '../zones/zone-store.ts';
import type { StatisticsRun } from './statistics-run.ts';

/** Up to so many rows of the log, the whole log is counted: a fraction of a second in the server. */
const wholeCountRowsMax = 5_000_000;

/**
 * How many rows of the date arrived after its run. Of a large log only ids above those that the run knew are counted:
 * a row that turned up among older ids is found by `verify` and by the next run.
 */
export async function countArrivedRows(database: Database, run: StatisticsRun): Promise<number> {
  return await withViewLog(database, async (log) => {
    const known = await Promise.all(log.shards.map(async ({ map }) => await loadZones(database.knex, map)));
    const rowsKnown = known.flat().reduce((sum, { rows }) => sum + rows, 0);
    const isSmall = rowsKnown <= wholeCountRowsMax;
    const { logEndId } = run;
    // That of a run from before the log was cut says nothing of the shards.
    if (!isSmall && !log.isCut && logEndId !== undefined)
      return await countDated(log.shards[0], known[0], run, logEndId);
    let rows = 0;
    for (const [at, shard] of log.shards.entries()) {
      rows += await (isSmall ? countWhole(shard, run) : countDated(shard, known[at], run));
    }
    // Fewer: the platform has removed rows of the log, and the statistics keep what they counted.
    return Math.max(0, rows - run.rowsOfDate);
  });
}

async function countWhole(shard: LogShard, { date, zone }: StatisticsRun): Promise<number> {
  const { startMs, endMs } = businessDay(date, zone);
  return await countRows(shard, startMs, endMs);
}

/** Rows of the date above the id: in zones that may have some, and where no zone is yet. */
async function countDated(
  shard: LogShard,
  zones: readonly Zone[],
  { date, zone: zoneName }: StatisticsRun,
  above?: bigint,
): Promise<number> {
  const { startMs, endMs } = businessDay(date, zoneName);
  let rows = 0;
  for (const zone of zones) {
    if ((above !== undefined && zone.toId <= above) || !zoneMeets(zone, startMs, endMs)) continue;
    const from = above === undefined || zone.fromId > above ? zone.fromId : above + 1n;
    rows += await countRows(shard, startMs, endMs, from, zone.toId);
  }
  const mappedEnd = zones.at(-1)?.toId ?? above;
  if (mappedEnd === undefined) return await countRows(shard, startMs, endMs);
  return (
    rows + (await countRows(shard, startMs, endMs, (above === undefined || mappedEnd > above ? mappedEnd : above) + 1n))
  );
}

async function countRows(
  { database: { knex } }: LogShard,
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
