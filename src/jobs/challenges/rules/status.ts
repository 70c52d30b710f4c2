/**
 * The life of a challenge (domain.md section 6): WAITING -> READY -> ONGOING -> FINISHED, or CANCELLED. What is due on
 * a business date is decided by dates alone, so a night that was missed is caught up by the next run.
 */

export const challengeStatuses = ['WAITING', 'READY', 'ONGOING', 'FINISHED', 'CANCELLED'] as const;
export type ChallengeStatus = (typeof challengeStatuses)[number];

/** Dates are `YYYY-MM-DD`, which order as text. */
export interface ChallengeState {
  readonly status: ChallengeStatus;
  readonly startDate: string;
  readonly endDate: string;
}

/** True when it has not begun, and its start date is here or past. */
export function isStartDue({ status, startDate }: ChallengeState, date: string): boolean {
  return (status === 'WAITING' || status === 'READY') && startDate <= date;
}

/** True from the day after the last day on, once it has begun. */
export function isSettlementDue({ status, endDate }: ChallengeState, date: string): boolean {
  return status === 'ONGOING' && endDate < date;
}

/** What a challenge becomes on its start date. */
export function statusOnStart(memberCount: bigint, minMembers: number): 'ONGOING' | 'CANCELLED' {
  return memberCount >= BigInt(minMembers) ? 'ONGOING' : 'CANCELLED';
}
