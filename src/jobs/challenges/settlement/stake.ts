/** How stakes are named on the ledger: the escrow account of a challenge, and the journals that move points. */
import type { AccountRef, JournalRequest } from '../../../ledger/types.ts';

export const houseAccount: AccountRef = { type: 'house', ownerId: 0n };

export function escrowOf(challengeId: bigint): AccountRef {
  return { type: 'escrow', ownerId: challengeId };
}

/** Key of the journal that took the stake of a member; a refund restores the lots that it consumed. */
export function stakeKey(challengeId: bigint, memberId: bigint): string {
  return `challenge:${challengeId}:stake:${memberId}`;
}

/** The journal that takes a stake: `date` is the day on which the member joined. */
export function stakeJournal(
  { id, challengeId, userId, stake }: Record<'id' | 'challengeId' | 'userId' | 'stake', bigint>,
  date: string,
): JournalRequest {
  return {
    key: stakeKey(challengeId, id),
    kind: 'challenge-stake',
    businessDate: date,
    reason: `stake in challenge ${challengeId}`,
    entries: [
      { account: { type: 'user', ownerId: userId }, amount: -stake },
      { account: escrowOf(challengeId), amount: stake },
    ],
  };
}
