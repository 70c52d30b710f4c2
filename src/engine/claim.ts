/**
 * Claims: of whatever one process owns at a time. A lease on the database's clock says until when, and an epoch that
 * grows with each owner is checked by a locking read in every write: who was paused past its lease can compute, not commit.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Transaction } from '../database/database.ts';
import {
  type ClaimOwner,
  type ClaimRow,
  listClaims,
  lockClaim,
  readEpochs,
  releaseClaim,
  renewClaims,
  updateClaim,
} from '../repository/claim.ts';
import { ownershipLost } from './fence.ts';
import { createOwner, reasonOfDeath } from './owner.ts';

export interface Claim {
  readonly name: string;
  readonly epoch: number;
}

/** Names this process; a new one each time. */
export function claimOwner(): ClaimOwner {
  const { jobExecutionId: _none, ...owner } = createOwner(0, randomUUID());
  return owner;
}

/** Whether somebody may be at work on it: its lease runs, and its process is not known to be gone. */
export function isHeld({ lease }: Pick<ClaimRow, 'lease'>): boolean {
  return lease !== undefined && reasonOfDeath(lease) === undefined;
}

/** Undefined when another owner holds it. A released, expired or orphaned claim is taken over, by a higher epoch. */
export async function takeClaim(
  database: Database,
  name: string,
  owner: ClaimOwner,
  leaseMs: number,
): Promise<Claim | undefined> {
  return await database.transaction(async (tx) => {
    const found = await lockClaim(database, tx, name);
    if (isHeld(found)) return undefined;
    const claim = { name, epoch: found.epoch + 1 };
    await updateClaim(database, tx, { ...claim, owner, leaseMs });
    return claim;
  });
}

/**
 * As `database.transaction`; throws OWNERSHIP_LOST, and changes nothing, when another has taken the claim over.
 * @param other whether the process holds this one, too, is told to `work`, and cannot change until the transaction ends
 */
export async function claimedTransaction<T>(
  database: Database,
  claim: Claim,
  work: (tx: Transaction, holdsOther: boolean) => Promise<T>,
  other?: Claim,
): Promise<T> {
  return await database.transaction(async (tx) => {
    const names = [claim, ...(other === undefined ? [] : [other])].map(({ name }) => name);
    const epochs = await readEpochs(tx, names);
    if (epochs.get(claim.name) !== claim.epoch) throw ownershipLost();
    return await work(tx, other !== undefined && epochs.get(other.name) === other.epoch);
  });
}

export { type ClaimOwner, type ClaimRow, listClaims, releaseClaim, renewClaims };
