/** Takes a payout of a challenge back to its inputs: rule, policy, run, journals, and the queries of the source rows. */
import type { Database } from '../../database/database.ts';
import { usageError } from '../../errors.ts';
import {
  type ChallengeView,
  type JournalView,
  type MemberView,
  pageMemberViews,
  readChallenge,
  readJournals,
} from './read-challenge.ts';

export interface PayoutExplanation {
  readonly challenge: Omit<ChallengeView, 'journals' | 'stake' | 'settlement'>;
  readonly userId: bigint;
  readonly rule: string;
  readonly settlement: ChallengeView['settlement'];
  /** More than one where the user withdrew and joined again. */
  readonly members: readonly ExplainedMember[];
  readonly sources: { readonly members: string; readonly proofs: string; readonly entries: string };
}

export interface ExplainedMember extends MemberView {
  /** The verdict and the amount, as sentences with the numbers put in. */
  readonly because: readonly string[];
  readonly journals: readonly JournalView[];
}

/** @throws SettleError (exit 2) when there is no such challenge, or the user is no member of it. */
export async function explainPayout(
  database: Database,
  challengeId: bigint,
  userId: bigint,
): Promise<PayoutExplanation> {
  const { journals: _journals, stake: _stake, settlement, ...challenge } = await readChallenge(database, challengeId);
  const members: MemberView[] = [];
  for await (const page of pageMemberViews(database, challengeId, userId)) members.push(...page);
  if (members.length === 0) {
    throw usageError(
      `user ${userId} is no member of challenge ${challengeId}`,
      `\`settle challenge show ${challengeId}\` lists them`,
    );
  }
  const explained: ExplainedMember[] = [];
  for (const member of members) {
    const keys = [member.stakeJournal, ...(member.outcome?.journal == null ? [] : [member.outcome.journal])];
    const journals = await readJournals(database, keys);
    explained.push({ ...member, because: reasons(challenge.status, settlement, member), journals });
  }
  return {
    challenge,
    userId,
    rule: 'challenge settlement: largest remainder in proportion to stake, ties by join order (domain rule 6)',
    settlement,
    members: explained,
    sources: {
      members: `SELECT * FROM challenge_member WHERE challenge_id = ${challengeId} ORDER BY joined_at, id`,
      proofs:
        `SELECT * FROM challenge_proof WHERE challenge_id = ${challengeId} AND user_id = ${userId} ` +
        `AND proof_date BETWEEN '${challenge.startDate}' AND '${challenge.endDate}'`,
      entries: `SELECT * FROM settle_entry WHERE account_type = 'escrow' AND owner_id = ${challengeId}`,
    },
  };
}

function reasons(status: string, settlement: ChallengeView['settlement'], member: MemberView): string[] {
  const { outcome } = member;
  if (outcome === null) return [`nothing is decided yet: the challenge is ${status}`];
  if (outcome.verdict === 'withdrawn') {
    return [
      `quit at ${member.quitAt} UTC, before the start date: no member`,
      `the stake of ${member.stake} went back to the lots that it came from`,
    ];
  }
  if (settlement === null) return [`${outcome.verdict}: ${outcome.payout} points`];
  if (outcome.verdict === 'cancelled') {
    return [
      `the challenge was cancelled: fewer members than its minimum, ${settlement.members}`,
      `the stake of ${member.stake} went back to the lots that it came from`,
    ];
  }
  const { days, thresholdPercent, pot, forfeited, fee, distributable, noWinnerPolicy, house } = settlement;
  const success = `floor(100 x ${outcome.proofDays} / ${days}) = ${outcome.percent} %`;
  if (outcome.verdict === 'won') {
    const { numerator, denominator } = outcome.fraction!;
    return [
      `won: ${success}, and ${thresholdPercent} % are asked for`,
      `the pot of ${pot} less the fee of ${fee} (${settlement.feeBp} basis points of the forfeited ${forfeited}) is ${distributable}`,
      `${distributable} x ${outcome.weight} / ${denominator} = ${outcome.floor} and ${numerator}/${denominator}`,
      outcome.extraPoint === 1
        ? `the fraction is among the ${settlement.leftOver} largest, ties by join order: 1 point more`
        : `no extra point: ${settlement.leftOver} went to larger fractions, or to equal ones that joined before`,
      `${outcome.floor} + ${outcome.extraPoint} = ${outcome.payout} points`,
    ];
  }
  const verdict =
    outcome.verdict === 'quit'
      ? `quit at ${member.quitAt} UTC, after the start: the stake of ${member.stake} is forfeited`
      : `failed: ${success}, and ${thresholdPercent} % are asked for`;
  if (settlement.winners > 0n) return [verdict, 'the stake went to those who won'];
  return [
    verdict,
    `nobody won: the policy is ${noWinnerPolicy}, ${house} points fell to the house`,
    outcome.kind === 'refund' ? `the stake of ${member.stake} went back to the lots that it came from` : '0 points',
  ];
}
