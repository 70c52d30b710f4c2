/** Reads a challenge as it was settled: its inputs, how the pot was divided, each member's verdict, and the journals. */
import type { Database } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import { usageError } from '../../errors.ts';
import { readBalances } from './balances.ts';
import { stakeKey } from './stake.ts';

const keysAStatement = 1_000;

export interface ChallengeView {
  readonly id: bigint;
  readonly status: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly minMembers: number;
  readonly stake: bigint;
  readonly thresholdPercent: number;
  readonly feeBp: number;
  readonly noWinnerPolicy: string;
  /** What the escrow account holds now. */
  readonly escrow: bigint;
  /** Null until it is finished or cancelled. */
  readonly settlement: SettlementView | null;
  /** In join order. */
  readonly members: readonly MemberView[];
  /** Those that settled it, in the order of the chain. */
  readonly journals: readonly JournalView[];
}

export interface SettlementView {
  readonly status: string;
  readonly businessDate: string;
  readonly zone: string;
  readonly execution: number;
  readonly members: bigint;
  readonly winners: bigint;
  readonly days: number;
  /** The policy as it was used. */
  readonly thresholdPercent: number;
  readonly feeBp: number;
  readonly noWinnerPolicy: string;
  readonly pot: bigint;
  readonly forfeited: bigint;
  readonly fee: bigint;
  readonly house: bigint;
  readonly refunded: bigint;
  readonly distributable: bigint;
  /** Points that the floors left over: the extra points. */
  readonly leftOver: bigint;
}

export interface MemberView {
  readonly id: bigint;
  readonly userId: bigint;
  readonly stake: bigint;
  readonly joinedAt: string;
  readonly quitAt: string | null;
  readonly stakeJournal: string;
  /** Null while nothing is decided about this member. */
  readonly outcome: OutcomeView | null;
}

export interface OutcomeView {
  readonly verdict: string;
  readonly proofDays: number;
  readonly percent: number;
  readonly kind: string;
  readonly payout: bigint;
  readonly weight: bigint | null;
  readonly floor: bigint | null;
  readonly fraction: { readonly numerator: bigint; readonly denominator: bigint } | null;
  readonly extraPoint: number | null;
  readonly journal: string | null;
  readonly execution: number;
}

export interface JournalView {
  readonly id: bigint;
  readonly key: string;
  readonly kind: string;
  readonly businessDate: string;
  readonly hash: string;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of a query are what the driver gives
type Row = any;

/** With `userId`, only the members of that user. @throws SettleError (exit 2) when there is no such challenge. */
export async function readChallenge(database: Database, id: bigint, userId?: bigint): Promise<ChallengeView> {
  const { knex } = database;
  const challengeId = id.toString();
  const challenge: Row = await knex('challenge').where({ id: challengeId }).first();
  if (challenge === undefined) throw usageError(`there is no challenge ${id}`, 'settle import challenges adds some');
  const settled: Row = await knex('settle_challenge').where({ challenge_id: challengeId }).first();
  const rows: Row[] = await knex('challenge_member as m')
    .leftJoin('settle_payout as p', 'p.member_id', 'm.id')
    .where('m.challenge_id', challengeId)
    .modify((query) => {
      if (userId !== undefined) query.where('m.user_id', userId.toString());
    })
    .orderBy(['m.joined_at', 'm.id'])
    .select('p.*', 'm.id', 'm.user_id', 'm.stake', 'm.joined_at', 'm.quit_at');
  const members = rows.map((row) => toMember(id, row));
  const keys = new Set(members.flatMap(({ outcome }) => (outcome?.journal == null ? [] : [outcome.journal])));
  if (settled !== undefined) keys.add(`challenge:${id}:payout:house`);
  return {
    id,
    status: challenge.status,
    startDate: challenge.start_date,
    endDate: challenge.end_date,
    minMembers: toNumber(challenge.min_members),
    stake: toBigInt(challenge.stake),
    thresholdPercent: toNumber(challenge.threshold_percent),
    feeBp: toNumber(challenge.fee_bp),
    noWinnerPolicy: challenge.no_winner_policy,
    escrow: (await readBalances(knex, 'escrow', [id])).get(id)!,
    settlement: settled === undefined ? null : toSettlement(settled),
    members,
    journals: await readJournals(database, [...keys]),
  };
}

/** Those of the journals that are there, in the order of the chain. */
export async function readJournals({ knex }: Database, keys: readonly string[]): Promise<JournalView[]> {
  const journals: JournalView[] = [];
  for (let at = 0; at < keys.length; at += keysAStatement) {
    const rows: Row[] = await knex('settle_journal').whereIn('journal_key', keys.slice(at, at + keysAStatement));
    for (const row of rows) {
      const { journal_key: key, kind, business_date: businessDate, hash } = row;
      journals.push({ id: toBigInt(row.id), key, kind, businessDate, hash });
    }
  }
  return journals.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function toSettlement(row: Row): SettlementView {
  return {
    status: row.status,
    businessDate: row.business_date,
    zone: row.zone,
    execution: toNumber(row.job_execution_id),
    members: toBigInt(row.members),
    winners: toBigInt(row.winners),
    days: toNumber(row.days),
    thresholdPercent: toNumber(row.threshold_percent),
    feeBp: toNumber(row.fee_bp),
    noWinnerPolicy: row.no_winner_policy,
    pot: toBigInt(row.pot),
    forfeited: toBigInt(row.forfeited),
    fee: toBigInt(row.fee),
    house: toBigInt(row.house),
    refunded: toBigInt(row.refunded),
    distributable: toBigInt(row.distributable),
    leftOver: toBigInt(row.left_over),
  };
}

function toMember(challengeId: bigint, row: Row): MemberView {
  const id = toBigInt(row.id);
  return {
    id,
    userId: toBigInt(row.user_id),
    stake: toBigInt(row.stake),
    joinedAt: row.joined_at,
    quitAt: row.quit_at,
    stakeJournal: stakeKey(challengeId, id),
    outcome: row.member_id === null ? null : toOutcome(row),
  };
}

function toOutcome(row: Row): OutcomeView {
  const isShared = row.weight !== null;
  return {
    verdict: row.verdict,
    proofDays: toNumber(row.proof_days),
    percent: toNumber(row.percent),
    kind: row.kind,
    payout: toBigInt(row.payout),
    weight: isShared ? toBigInt(row.weight) : null,
    floor: isShared ? toBigInt(row.floor_points) : null,
    fraction: isShared
      ? { numerator: toBigInt(row.fraction_numerator), denominator: toBigInt(row.fraction_denominator) }
      : null,
    extraPoint: isShared ? toNumber(row.extra_point) : null,
    journal: row.journal_key,
    execution: toNumber(row.job_execution_id),
  };
}
