/** Takes a payout of a challenge back to its inputs: rule, policy, run, journals, and the queries of the source rows. */
import type { Database } from '../../../database/database.ts';
import { usageError } from '../../../errors.ts';
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
  /** Dates within the challenge on which the user has a proof by now, ascending. */
  readonly provenDates: readonly string[];
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
  const { startDate, endDate } = challenge;
  const provenDates = await readProvenDates(database, { challengeId, userId, startDate, endDate });
  const explained: ExplainedMember[] = [];
  for (const member of members) {
    const keys = [member.stakeJournal, ...(member.outcome?.journal == null ? [] : [member.outcome.journal])];
    const journals = await readJournals(database, keys);
    const because = [
      ...reasons(challenge.status, settlement, member),
      ...proofReasons(settlement, member, provenDates),
    ];
    explained.push({ ...member, because, journals, provenDates });
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

async function readProvenDates(
  { knex }: Database,
  of: { readonly challengeId: bigint; readonly userId: bigint; readonly startDate: string; readonly endDate: string },
): Promise<string[]> {
  const dates: unknown[] = await knex('challenge_proof')
    .where({ challenge_id: of.challengeId.toString(), user_id: of.userId.toString() })
    .whereBetween('proof_date', [of.startDate, of.endDate])
    .orderBy('proof_date')
    .distinct('proof_date')
    .pluck('proof_date');
  return dates.map(String);
}

/** Dates named in one line; --json has all. */
const datesShownMax = 31;

/** The days proven, and what came after they were counted. */
function proofReasons(
  settlement: ChallengeView['settlement'],
  { outcome }: MemberView,
  provenDates: readonly string[],
): string[] {
  const shown = provenDates.slice(0, datesShownMax).join(', ');
  const more = provenDates.length > datesShownMax ? `, and ${provenDates.length - datesShownMax} more` : '';
  const proven = provenDates.length === 0 ? 'no day is proven' : `days proven: ${shown}${more}`;
  const isCounted = outcome !== null && settlement !== null && ['won', 'failed'].includes(outcome.verdict);
  if (!isCounted || outcome.proofDays === provenDates.length) return [proven];
  const difference = provenDates.length - outcome.proofDays;
  const days = (count: number) => (count === 1 ? '1 day' : `${count} days`);
  const since = `the settlement by execution ${outcome.execution} counted ${days(outcome.proofDays)}`;
  return difference > 0
    ? [proven, `${since}: proofs of ${days(difference)} came after it, and change nothing`]
    : [proven, `${since}: proofs of ${days(-difference)} were removed after it`];
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
