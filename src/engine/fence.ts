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
  const { jobInstanceId, token, claim, idleSecondsMax } = fence;
  return await database.transaction(
    async (tx) => {
      if (claim !== undefined) await requireClaim(tx, jobInstanceId, claim);
      else if ((await readFence(tx, jobInstanceId)) !== token) throw ownershipLost();
      return await work(tx);
    },
    { idleSecondsMax },
  );
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
