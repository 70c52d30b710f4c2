/**
 * What a finished challenge pays (domain.md section 6): verdicts, the pot and its parts. Two passes over the members:
 * the first counts the pot (`PotTally`), the second, in join order, says what each one gets (`PotDivision`). Between
 * them only sums and the distinct stakes of winners are kept, so a challenge of a million members needs little memory.
 */
import { Apportionment, type Share } from './apportion.ts';
import { successPercent } from './success.ts';

export const noWinnerPolicies = ['refund', 'house'] as const;
export type NoWinnerPolicy = (typeof noWinnerPolicies)[number];
export const defaultNoWinnerPolicy: NoWinnerPolicy = 'refund';

/** One hundredth of a percent: 10,000 are the whole. */
export const basisPoints = 10_000n;

/** What decides about a challenge's money. */
export interface PayoutTerms {
  /** Days of the challenge. */
  readonly days: number;
  /** The first instant of the start date: who quit before it is no member. Milliseconds UTC. */
  readonly startMs: number;
  /** 0 to 100. */
  readonly thresholdPercent: number;
  /** 0 to 10,000, of the forfeited part. */
  readonly feeBp: number;
  readonly noWinnerPolicy: NoWinnerPolicy;
}

/**
 * `withdrawn`: quit before the start date, no member; the stake goes back. `quit`: quit later, the stake is forfeited.
 * `failed`: stayed, and missed the goal.
 */
export type MemberVerdict = 'withdrawn' | 'quit' | 'failed' | 'won';

/** True for one who quit before the start date. */
export function hasWithdrawn(quitAtMs: number | null, startMs: number): boolean {
  return quitAtMs !== null && quitAtMs < startMs;
}

/** `proofDays`: distinct dates within the challenge that the member has a proof of. */
export function judgeMember(
  terms: PayoutTerms,
  { quitAtMs, proofDays }: { readonly quitAtMs: number | null; readonly proofDays: number },
): { readonly verdict: MemberVerdict; readonly percent: number } {
  const percent = successPercent(proofDays, terms.days);
  if (hasWithdrawn(quitAtMs, terms.startMs)) return { verdict: 'withdrawn', percent };
  if (quitAtMs !== null) return { verdict: 'quit', percent };
  return { verdict: percent >= terms.thresholdPercent ? 'won' : 'failed', percent };
}

/** The first pass: what is in the pot, and whose. Points. */
export class PotTally {
  memberCount = 0n;
  pot = 0n;
  /** Stakes of members who quit. */
  quitStakes = 0n;
  winnerStakes = 0n;
  /** Winners by stake. */
  readonly winners = new Map<bigint, bigint>();

  /** @throws RangeError for a stake that is not above 0. */
  take(verdict: MemberVerdict, stake: bigint): void {
    if (stake <= 0n) throw new RangeError(`a stake of ${stake}`);
    if (verdict === 'withdrawn') return;
    this.memberCount++;
    this.pot += stake;
    if (verdict === 'quit') this.quitStakes += stake;
    if (verdict !== 'won') return;
    this.winnerStakes += stake;
    this.winners.set(stake, (this.winners.get(stake) ?? 0n) + 1n);
  }
}

/** Where a stake goes: into a payout, back to the lots it came from, or into the pot of others. */
export type PayoutKind = 'payout' | 'refund' | 'none';

export interface MemberPayout {
  readonly kind: PayoutKind;
  /** Points that the member gets. */
  readonly amount: bigint;
  /** How a payout was computed; undefined for anything else. */
  readonly share: Share | undefined;
}

/** The parts of the pot: `pot = fee + house + payouts + refunds`, in points. */
export class PotDivision {
  readonly pot: bigint;
  /** What those who did not win have lost; the fee is taken of it. Without a winner only quitters have forfeited. */
  readonly forfeited: bigint;
  readonly fee: bigint;
  /** What falls to the house because nobody won. */
  readonly house: bigint;
  /** What the winners share. */
  readonly distributable: bigint;
  /** Stakes that go back because nobody won. */
  readonly refunded: bigint;
  readonly #apportionment: Apportionment;

  constructor(terms: Pick<PayoutTerms, 'feeBp' | 'noWinnerPolicy'>, tally: PotTally) {
    const { pot, winnerStakes, quitStakes } = tally;
    this.pot = pot;
    const hasWinner = tally.winners.size > 0;
    if (hasWinner) {
      this.forfeited = pot - winnerStakes;
      this.fee = (this.forfeited * BigInt(terms.feeBp)) / basisPoints;
      this.house = 0n;
      this.refunded = 0n;
    } else {
      this.forfeited = terms.noWinnerPolicy === 'refund' ? quitStakes : pot;
      this.fee = 0n;
      this.house = this.forfeited;
      this.refunded = pot - this.house;
    }
    this.distributable = hasWinner ? pot - this.fee : 0n;
    this.#apportionment = new Apportionment(this.distributable, tally.winners);
  }

  /** Extra points that the floors leave for the largest fractions. */
  get leftOver(): bigint {
    return this.#apportionment.leftOver;
  }

  /** The second pass: what the next member gets. Call it once for each, in join order (joined_at, id). */
  next(verdict: MemberVerdict, stake: bigint): MemberPayout {
    if (verdict === 'won') {
      const share = this.#apportionment.next(stake);
      return { kind: 'payout', amount: share.amount, share };
    }
    const isRefunded = verdict === 'withdrawn' || (verdict === 'failed' && this.refunded > 0n);
    return { kind: isRefunded ? 'refund' : 'none', amount: isRefunded ? stake : 0n, share: undefined };
  }
}
