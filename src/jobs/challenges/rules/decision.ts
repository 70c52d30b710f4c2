/**
 * What is to become of a challenge on a business date (domain.md section 6): it begins, is cancelled, or is settled.
 * A challenge whose start and end both passed unseen is begun and settled at once.
 */
import { ExitCode, isSettleError, SettleError } from '../../../errors.ts';
import {
  type MemberPayout,
  type MemberVerdict,
  noWinnerPolicies,
  type PayoutTerms,
  PotDivision,
  type PotTally,
} from './payout.ts';
import { type ChallengeState, isSettlementDue, isStartDue, statusOnStart } from './status.ts';
import { totalDays } from './success.ts';

/** Of a challenge whose own data contradicts itself; it is skipped, and nothing of it is changed. */
export const CHALLENGE_UNSOUND = 'CHALLENGE_UNSOUND';

/** A row of `challenge`. */
export interface Challenge extends ChallengeState {
  readonly id: bigint;
  readonly minMembers: number;
  readonly thresholdPercent: number;
  readonly feeBp: number;
  readonly noWinnerPolicy: string;
}

/** A member's verdict when all is over; `cancelled`: of a challenge that never began. */
export type FinalVerdict = MemberVerdict | 'cancelled';

export interface MemberOutcome {
  readonly verdict: FinalVerdict;
  readonly payout: MemberPayout;
}

export interface Decision {
  readonly to: 'ONGOING' | 'CANCELLED' | 'FINISHED';
  /** How the pot of a finished challenge is divided. */
  readonly division: PotDivision | undefined;
  /** What the next member gets, in join order; undefined: nothing is decided about this one yet. */
  outcomeOf(verdict: MemberVerdict, stake: bigint): MemberOutcome | undefined;
}

/** Terms of a challenge; `startMs`: the first instant of its start date. @throws SettleError CHALLENGE_UNSOUND */
export function payoutTerms(challenge: Challenge, startMs: number): PayoutTerms {
  const { id, startDate, endDate, minMembers, thresholdPercent, feeBp } = challenge;
  const noWinnerPolicy = noWinnerPolicies.find((policy) => policy === challenge.noWinnerPolicy);
  const days = totalDays(startDate, endDate);
  if (!(days >= 1)) throw unsound(id, `it ends on ${endDate}, before it starts on ${startDate}`);
  if (minMembers < 0) throw unsound(id, `min_members is ${minMembers}`);
  if (!between(thresholdPercent, 0, 100)) throw unsound(id, `threshold_percent is ${thresholdPercent}`);
  if (!between(feeBp, 0, 10_000)) throw unsound(id, `fee_bp is ${feeBp}`);
  if (noWinnerPolicy === undefined) throw unsound(id, 'no_winner_policy is neither refund nor house');
  return { days, startMs, thresholdPercent, feeBp, noWinnerPolicy };
}

/** True when something is to be done about it on this date. */
export function isDue(challenge: ChallengeState, date: string): boolean {
  return isStartDue(challenge, date) || isSettlementDue(challenge, date);
}

/** Decides about a challenge that is due; `tally` holds all of its members. */
export function decideChallenge(challenge: Challenge, terms: PayoutTerms, tally: PotTally, date: string): Decision {
  const begun = isStartDue(challenge, date) ? statusOnStart(tally.memberCount, challenge.minMembers) : challenge.status;
  if (begun === 'CANCELLED') {
    return {
      to: 'CANCELLED',
      division: undefined,
      outcomeOf: (verdict, stake) => ({
        verdict: verdict === 'withdrawn' ? verdict : 'cancelled',
        payout: { kind: 'refund', amount: stake, share: undefined },
      }),
    };
  }
  if (!isSettlementDue({ ...challenge, status: 'ONGOING' }, date)) {
    return {
      to: 'ONGOING',
      division: undefined,
      outcomeOf: (verdict, stake) =>
        verdict === 'withdrawn' ? { verdict, payout: { kind: 'refund', amount: stake, share: undefined } } : undefined,
    };
  }
  const division = new PotDivision(terms, tally);
  return {
    to: 'FINISHED',
    division,
    outcomeOf: (verdict, stake) => ({ verdict, payout: division.next(verdict, stake) }),
  };
}

/** The error of a challenge that contradicts itself. */
export function unsound(challengeId: bigint, problem: string): SettleError {
  return new SettleError(CHALLENGE_UNSOUND, ExitCode.invariantBroken, `challenge ${challengeId}: ${problem}`, {
    hint: 'correct it; the next run settles it',
  });
}

function between(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

export function isUnsound(error: unknown): error is SettleError {
  return isSettleError(error) && error.code === CHALLENGE_UNSOUND;
}
