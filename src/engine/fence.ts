/**
 * The fence: every transaction of a run first makes sure that no other run has taken over its job instance. A paused
 * process that wakes up after a takeover can therefore compute, but not commit.
 */
import type { Database, Transaction } from '../database/database.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { readFence } from '../repository/fence.ts';

export interface Fence {
  readonly jobInstanceId: number;
  readonly token: number;
}

export const OWNERSHIP_LOST = 'OWNERSHIP_LOST';

/** As `database.transaction`; throws OWNERSHIP_LOST, and changes nothing, when another run has taken over. */
export async function fencedTransaction<T>(
  database: Database,
  fence: Fence,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return await database.transaction(async (tx) => {
    if ((await readFence(tx, fence.jobInstanceId)) !== fence.token) throw ownershipLost();
    return await work(tx);
  });
}

export function ownershipLost(): SettleError {
  return new SettleError(OWNERSHIP_LOST, ExitCode.failed, 'another process has taken over this run', {
    hint: 'this process was paused or cut off for longer than its lease; the other one goes on from the last commit',
  });
}
