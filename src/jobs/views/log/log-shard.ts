/** A part of a log that one database has: the whole of it, or a shard. */
import type { Database } from '../../../database/database.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import type { LogTable } from './log-table.ts';
import { SHARD_IDS } from './shard-key.ts';

export interface LogShard {
  readonly number: number;
  /** Undefined: the log is not cut, and lies in settle's own database. */
  readonly name: string | undefined;
  /** Where its rows lie. */
  readonly database: Database;
  readonly table: LogTable;
  /** Name of its map in settle_zone. */
  readonly map: string;
  /** Key of a row = base + its id; of a log that is not cut, the id itself. */
  readonly base: bigint;
  readonly replicaUrls: readonly string[];
}

/** Name of a shard's map in settle_zone: by `view_log@%` all of them are found. */
export function mapOfShard(name: string): string {
  return `view_log@${name}`;
}

/** @throws SettleError SHARD_IDS (exit 2) when a shard has ids that its keys have no room for */
export function requireShardIds(
  { name, table }: LogShard,
  { minId, maxId }: { readonly minId: bigint; readonly maxId: bigint },
): void {
  if (name === undefined || (minId >= 0n && maxId < SHARD_IDS)) return;
  throw new SettleError(
    'SHARD_IDS',
    ExitCode.usage,
    `the shard ${name} has ${table.table}.${table.key} ${minId < 0n ? minId : maxId}; ids of shards lie from 0 to below 2^45`,
    { hint: 'Give the rows smaller ids.' },
  );
}
