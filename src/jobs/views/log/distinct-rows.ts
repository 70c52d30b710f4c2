/** Whether two shards hold the same rows on different servers: a primary and its replica, or two nodes of one cluster. */
import { ExitCode, SettleError } from '../../../errors.ts';
import type { LogShard } from './log-shard.ts';

/** Of each shard, by id: no two logs begin with as many views alike. */
const ROWS_COMPARED = 64;

/** @throws SettleError SHARD_TWICE (exit 2) when two shards begin with the same rows; empty ones tell nothing */
export async function requireDistinctRows(shards: readonly LogShard[]): Promise<void> {
  const beginnings = await Promise.all(shards.map(readBeginning));
  const names = new Map<string, string>();
  for (const [at, { name = '' }] of shards.entries()) {
    const beginning = beginnings[at];
    if (beginning === undefined) continue;
    const other = names.get(beginning);
    names.set(beginning, name);
    if (other === undefined) continue;
    throw new SettleError('SHARD_TWICE', ExitCode.usage, `the shards ${other} and ${name} have the same rows`, {
      hint: 'Correct SETTLE_SHARDS: every view would be counted twice. A second URL of one name is a replica.',
    });
  }
}

async function readBeginning({
  database: { knex },
  table: { table, key, time },
}: LogShard): Promise<string | undefined> {
  const rows = await knex(table).orderBy(key).limit(ROWS_COMPARED).select(key, 'video_id', 'viewer_id', time);
  return rows.length === 0 ? undefined : JSON.stringify(rows.map((row) => Object.values(row).map(String)));
}
