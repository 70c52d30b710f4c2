/** The table settle_shard: which number a shard has in the keys of its rows. It never changes: quarantine and statistics go by it. */
import type { Executor, Transaction } from '../../../database/database.ts';
import { lockName } from '../../../database/lock-row.ts';
import { toNumber } from '../../../database/values.ts';

const TABLE = 'settle_shard';

/** Numbers by name, those of shards that are not configured any more among them. Empty on a schema that is a release behind. */
export async function selectShards(executor: Executor): Promise<Map<string, number>> {
  if (!(await executor.schema.hasTable(TABLE))) return new Map();
  const rows = await executor(TABLE).orderBy('shard_no').select('name', 'shard_no');
  return new Map(rows.map((row) => [String(row.name), toNumber(row.shard_no)]));
}

/** Gives numbers to the names that have none. */
export async function insertShards(tx: Transaction, names: readonly string[]): Promise<void> {
  await lockName(tx, TABLE);
  const known = await selectShards(tx);
  for (const [name, number] of numberShards(known, names)) {
    if (!known.has(name)) await tx(TABLE).insert({ name, shard_no: number });
  }
}

/** Numbers of the names: those that they have, and the next ones in their order. Pure. */
export function numberShards(known: ReadonlyMap<string, number>, names: readonly string[]): Map<string, number> {
  let next = Math.max(-1, ...known.values()) + 1;
  return new Map(names.map((name) => [name, known.get(name) ?? next++]));
}
