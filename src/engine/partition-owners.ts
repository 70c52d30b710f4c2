/** Who has which partitions: workers by the claims of the partitions' rows, dead or alive by their leases. */
import type { Database } from '../database/database.ts';
import { type ClaimedPartition, listClaimedPartitions } from '../repository/partition-claim.ts';
import { reasonOfDeath } from './owner.ts';
import { listLeases } from './worker-lease.ts';

/** A worker that has partitions, or had them when it died. */
export interface PartitionOwner {
  readonly host: string;
  /** Undefined when it has ended and its lease is gone. */
  readonly pid: number | undefined;
  /** Why it cannot be at work any more; undefined when it may well be. */
  readonly death: string | undefined;
  /** On the database's clock. */
  readonly heartbeatAgoMs: number | undefined;
  /** On the database's clock; below 0 when the lease is over. */
  readonly leaseLeftMs: number | undefined;
  readonly partitions: readonly ClaimedPartition[];
}

/**
 * By host and process, each with its partitions by step and number.
 * @param jobInstanceId of one instance; else of all
 */
export async function listPartitionOwners(database: Database, jobInstanceId?: number): Promise<PartitionOwner[]> {
  const claimed = await listClaimedPartitions(database.knex, jobInstanceId);
  if (claimed.length === 0) return [];
  const leases = await listLeases(database);
  const owners = [...Map.groupBy(claimed, ({ ownerId }) => ownerId)].map(([ownerId, partitions]) => {
    const lease = leases.get(ownerId);
    return {
      host: partitions[0].host ?? 'unknown',
      pid: lease?.pid,
      death:
        lease === undefined
          ? 'it has ended without giving them back'
          : reasonOfDeath(lease)?.replace(/^its owner, process \d+ on .*?, /, 'it '),
      heartbeatAgoMs: lease?.heartbeatAgoMs,
      leaseLeftMs: lease?.leaseLeftMs,
      partitions,
    };
  });
  return owners.sort((a, b) => (a.host === b.host ? (a.pid ?? 0) - (b.pid ?? 0) : a.host < b.host ? -1 : 1));
}
