/** The table settle_shard: which number a shard has in the keys of its rows. It never changes: quarantine and statistics go by it. */
import type { Executor, Transaction } from '../../../database/database.ts';
import { lockName } from '../../../database/lock-row.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import { usageError } from '../../../errors.ts';
import { placeOf, SHARD_IDS, SHARDS_MAX } from './shard-key.ts';

const TABLE = 'settle_shard';

/** Numbers by name, those of shards that are not configured any more among them. Empty on a schema that is a release behind. */
export async function selectShards(executor: Executor): Promise<Map<string, number>> {
  let rows: Row[];
  try {
    rows = await executor(TABLE).orderBy('shard_no').select('name', 'shard_no');
  } catch (error) {
    // Asked only now: every start of a run reads the table.
    if (await executor.schema.hasTable(TABLE)) throw error;
    return new Map();
  }
  return new Map(rows.map((row) => [String(row.name), toNumber(row.shard_no)]));
}

/** Keeps the number of a shard. */
export async function insertShard(tx: Transaction, name: string, number: number): Promise<void> {
  await tx(TABLE).insert({ name, shard_no: number });
}

/** Runs of other hosts name their shards before or after this transaction. */
export async function lockShards(tx: Transaction): Promise<void> {
  await lockName(tx, TABLE);
}

/**
 * The smallest number that no row of the quarantine goes by, neither by the key of a shard whose row was deleted from
 * settle_shard nor by an id of the time before the log was cut.
 */
export async function readUnusedNumber(executor: Executor): Promise<number> {
  const end = SHARD_IDS * BigInt(SHARDS_MAX);
  const row = await executor('settle_quarantine').where('row_id', '<', end.toString()).max({ last: 'row_id' }).first();
  return row?.last == null ? 0 : placeOf(toBigInt(row.last)).number + 1;
}

/**
 * Numbers of the names: those that they have, and the next ones in their order. 0 is of the shard that lies in settle's own
 * database, so that its rows keep the ids that they have in a log that is not cut. Pure.
 * @param unused the smallest number that new shards may have
 * @param own name of the shard in settle's own database
 * @throws SettleError (exit 2) when there are no more numbers
 */
export function numberShards(
  known: ReadonlyMap<string, number>,
  names: readonly string[],
  unused: number,
  own?: string,
): Map<string, number> {
  const isZeroFree = ![...known.values()].includes(0);
  let next = Math.max(1, unused, Math.max(0, ...known.values()) + 1);
  const numbers = new Map(names.map((name) => [name, known.get(name) ?? (name === own && isZeroFree ? 0 : next++)]));
  if (next <= SHARDS_MAX) return numbers;
  throw usageError(`there are no numbers left for further shards: they end at ${SHARDS_MAX - 1}, and are given once`);
}
