/**
 * Ids of a log that lies on several shards: one integer of the shard's number and the row's id there, in the order of the
 * pair. It fits 53 bits, as every id of settle's own tables and of its JSON does. Pure.
 */

/** Ids of a shard lie from 0 to below this. */
export const SHARD_IDS = 2n ** 45n;
/** Numbers of shards lie from 0 to below this. */
export const SHARDS_MAX = 256;

/** What is added to a row's id on the shard of that number. */
export function baseOf(shardNumber: number): bigint {
  return BigInt(shardNumber) * SHARD_IDS;
}

/** The number of the shard on which the row of that key lies, and its id there. */
export function placeOf(key: bigint): { readonly number: number; readonly id: bigint } {
  return { number: Number(key / SHARD_IDS), id: key % SHARD_IDS };
}
