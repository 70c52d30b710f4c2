/**
 * The naive oracle of challenges (domain rule 6): for each challenge, plain loops over all of its members and proofs.
 * Slow and obvious on purpose; it imports nothing of src/, so it cannot share a mistake with it.
 */
import { startOfDate } from './calendar.ts';

export interface OracleChallenge {
  readonly id: bigint;
  readonly status: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly minMembers: number;
  readonly thresholdPercent: number;
  readonly feeBp: number;
  readonly noWinnerPolicy: string;
}

export interface OracleMember {
  readonly id: bigint;
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly stake: bigint;
  /** Milliseconds UTC. */
  readonly joinedAt: number;
  readonly quitAt: number | null;
}

export interface OracleProof {
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly date: string;
}

export interface OracleOutcome {
  readonly status: string;
  readonly fee: bigint;
  readonly house: bigint;
  /** Points that each member gets back, by member id; absent: not decided yet. */
  readonly paid: ReadonlyMap<bigint, bigint>;
}

/** What a run for `date` makes of the challenge, whatever runs were missed before. */
export function oracleOutcome(
  challenge: OracleChallenge,
  allMembers: readonly OracleMember[],
  proofs: readonly OracleProof[],
  date: string,
  zone: string,
): OracleOutcome {
  const paid = new Map<bigint, bigint>();
  const start = startOfDate(challenge.startDate, zone);
  const joined = allMembers.filter((member) => member.challengeId === challenge.id);
  const members = joined.filter((member) => !(member.quitAt !== null && member.quitAt < start));
  const gone = joined.filter((member) => !members.includes(member));
  let status = challenge.status;
  if (['WAITING', 'READY'].includes(status) && challenge.startDate <= date) {
    for (const member of gone) paid.set(member.id, member.stake);
    status = members.length < challenge.minMembers ? 'CANCELLED' : 'ONGOING';
    if (status === 'CANCELLED') for (const member of members) paid.set(member.id, member.stake);
  }
  if (status !== 'ONGOING' || !(challenge.endDate < date)) return { status, fee: 0n, house: 0n, paid };

  for (const member of gone) paid.set(member.id, member.stake);
  const dates = datesBetween(challenge.startDate, challenge.endDate);
  const winners = members.filter((member) => {
    if (member.quitAt !== null) return false;
    let days = 0;
    for (const day of dates) {
      const proved = proofs.some(
        (proof) => proof.challengeId === challenge.id && proof.userId === member.userId && proof.date === day,
      );
      if (proved) days++;
    }
    return Math.floor((days * 100) / dates.length) >= challenge.thresholdPercent;
  });
  const pot = sum(members.map((member) => member.stake));
  for (const member of members) paid.set(member.id, 0n);
  if (winners.length === 0) {
    let house = pot;
    if (challenge.noWinnerPolicy === 'refund') {
      for (const member of members) {
        if (member.quitAt !== null) continue;
        paid.set(member.id, member.stake);
        house -= member.stake;
      }
    }
    return { status: 'FINISHED', fee: 0n, house, paid };
  }
  const own = sum(winners.map((member) => member.stake));
  const fee = ((pot - own) * BigInt(challenge.feeBp)) / 10_000n;
  const shared = pot - fee;
  for (const member of winners) paid.set(member.id, (shared * member.stake) / own);
  let left = shared - sum(winners.map((member) => paid.get(member.id)!));
  const order = [...winners].sort((a, b) => {
    const fractionA = (shared * a.stake) % own;
    const fractionB = (shared * b.stake) % own;
    if (fractionA !== fractionB) return fractionA > fractionB ? -1 : 1;
    if (a.joinedAt !== b.joinedAt) return a.joinedAt - b.joinedAt;
    return a.id < b.id ? -1 : 1;
  });
  for (const member of order) {
    if (left === 0n) break;
    paid.set(member.id, paid.get(member.id)! + 1n);
    left--;
  }
  return { status: 'FINISHED', fee, house: 0n, paid };
}

function datesBetween(first: string, last: string): string[] {
  const dates: string[] = [];
  for (let time = Date.parse(first); time <= Date.parse(last); time += 86_400_000) {
    dates.push(new Date(time).toISOString().slice(0, 10));
  }
  return dates;
}

function sum(values: readonly bigint[]): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
