/**
 * Step `quarantine-undated`: rows without a time (NULL, or a zero date of MySQL) belong to no date, so no date's ranges need hold them. Zones know how
 * many they have; those that are not in quarantine yet are put there, once, by row id.
 */
import type { Database } from '../../../database/database.ts';
import { type Row, toBigInt } from '../../../database/values.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import type { LogShard } from '../log/log-shard.ts';
import { withViewLog } from '../log/open-log.ts';
import { placeOf } from '../log/shard-key.ts';
import { loadZones } from '../zones/zone-store.ts';
import { quarantine } from './publish-statistics.ts';

/** From 1,000 values in a list on MariaDB reads the whole table. */
const rowsAQuery = 999;

export async function quarantineUndated(context: StepContext): Promise<Partial<StepCounts>> {
  return await withViewLog(context.database, async ({ shards }) => {
    await releaseDated(context, shards);
    let writeCount = 0;
    for (const shard of shards) writeCount += await quarantineShard(context, shard);
    return { writeCount };
  });
}

async function quarantineShard(context: StepContext, shard: LogShard): Promise<number> {
  const { database } = context;
  let writeCount = 0;
  for (const zone of await loadZones(database.knex, shard.map)) {
    if (zone.undated === 0) continue;
    for (let from = zone.fromId; ; ) {
      context.signal.throwIfAborted();
      const rows = await undatedRows(shard, from, zone.toId);
      if (rows.length === 0) break;
      const keyOf = (row: Row) => toBigInt(row.id) + shard.base;
      const known = await quarantinedAmong(database, rows.map(keyOf));
      const added = rows.filter((row) => !known.has(keyOf(row)));
      if (added.length > 0) {
        const records = added.map((row) => ({
          row_id: keyOf(row).toString(),
          reason: 'undated',
          payload: JSON.stringify(payloadOf(row)),
        }));
        await context.transaction(
          async (tx) => await quarantine(database, tx, 'ignore', null, context.jobExecutionId, records),
        );
        writeCount += added.length;
      }
      from = toBigInt(rows[rows.length - 1].id) + 1n;
    }
  }
  return writeCount;
}

async function undatedRows({ database, table }: LogShard, from: bigint, to: bigint): Promise<Row[]> {
  return await database
    .knex(table.table)
    .whereBetween('id', [from.toString(), to.toString()])
    .whereRaw(database.dialect.holdsNoTime('viewed_at'))
    .orderBy('id')
    .limit(rowsAQuery)
    .select('id', 'video_id', 'viewer_id', 'play_seconds', 'ad_views');
}

async function quarantinedAmong({ knex }: Database, keys: readonly bigint[]): Promise<Set<bigint>> {
  const found = await knex('settle_quarantine').whereIn('row_id', keys.map(String)).select('row_id');
  return new Set(found.map((row) => toBigInt(row.row_id)));
}

/** A row that has got its time since is an ordinary row of its date. */
async function releaseDated(context: StepContext, shards: readonly LogShard[]): Promise<void> {
  const { knex } = context.database;
  for (let after: bigint | undefined; ; ) {
    context.signal.throwIfAborted();
    const query = knex('settle_quarantine').whereNull('business_date').orderBy('row_id').limit(rowsAQuery);
    if (after !== undefined) query.where('row_id', '>', after.toString());
    const keys = (await query.select('row_id')).map((row) => toBigInt(row.row_id));
    if (keys.length === 0) return;
    after = keys[keys.length - 1];
    const dated: bigint[] = [];
    for (const shard of shards) dated.push(...(await datedAmong(shard, keys)));
    if (dated.length === 0) continue;
    await context.transaction(
      async (tx) =>
        await tx('settle_quarantine').whereNull('business_date').whereIn('row_id', dated.map(String)).delete(),
    );
  }
}

/** Keys of rows of the shard that have a time now. */
async function datedAmong(shard: LogShard, keys: readonly bigint[]): Promise<bigint[]> {
  const { name, number, database, table, base } = shard;
  const own = name === undefined ? keys : keys.filter((key) => placeOf(key).number === number);
  const ids = own.map((key) => key - base);
  if (ids.length === 0) return [];
  const rows = await database
    .knex(table.table)
    .whereIn('id', ids.map(String))
    .whereRaw(`NOT (${database.dialect.holdsNoTime('viewed_at')})`)
    .select('id');
  return rows.map((row) => toBigInt(row.id) + base);
}

/** The same fields as ViewJudge writes for a row that it meets. */
function payloadOf(row: Row): Record<string, unknown> {
  const text = (value: unknown) => (value === null ? null : String(value));
  return {
    video_id: text(row.video_id),
    viewer_id: text(row.viewer_id),
    viewed_at: null,
    play_seconds: row.play_seconds,
    ad_views: row.ad_views,
  };
}
