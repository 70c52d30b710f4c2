/**
 * The fence: every transaction of a run first makes sure that no other run has taken over its job instance. A paused
 * process that wakes up after a takeover can therefore compute, but not commit.
 */
import type { Database, Transaction } from '../database/database.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import { readFence } from '../repository/fence.ts';
import { type PartitionClaim, requireClaim } from './partition-claim.ts';

export interface Fence {
  readonly jobInstanceId: number;
  readonly token: number;
  /**
   * For how long the run may leave its transaction alone before the server ends it: as long as its lease. Whoever takes
   * over from a paused process or a lost node then does not wait for the locks of its last transaction for ever.
   */
  readonly idleSecondsMax: number;
  /** Of a partition that a worker has claimed: then its epoch counts, and a new run's token where that goes on with it. */
  readonly claim?: PartitionClaim;
}

const OWNERSHIP_LOST = 'OWNERSHIP_LOST';

/**
 * As `database.transaction`; throws OWNERSHIP_LOST, and changes nothing, when another run has taken over, and what
 * `requireClaim` throws of a partition that is another worker's.
 */
export async function fencedTransaction<T>(
  database: Database,
  fence: Fence,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const { dialect } = database;
  return await database.transaction(async (tx) => {
    await dialect.limitIdle(tx, fence.idleSecondsMax);
    const token = await readFence(tx, fence.jobInstanceId);
    if (fence.claim !== undefined) await requireClaim(tx, fence.jobInstanceId, fence.claim, token);
    else if (token !== fence.token) throw ownershipLost();
    const result = await work(tx);
    // The connection goes back to its pool, where idleness is no fault. (After a failure it is soon replaced.)
    await dialect.limitIdle(tx, undefined);
    return result;
  });
}

/** What `fencedTransaction` throws. */
export function ownershipLost(): SettleError {
  return new SettleError(OWNERSHIP_LOST, ExitCode.failed, 'another process has taken over this run', {
    hint: 'this process was paused or cut off for longer than its lease; the other one goes on from the last commit',
  });
}

export function isOwnershipLost(error: unknown): boolean {
  return isSettleError(error) && error.code === OWNERSHIP_LOST;
}
