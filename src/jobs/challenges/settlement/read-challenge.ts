/**
 * Reads a challenge as it was settled: its inputs, how the pot was divided, the journals, and in pages each member's
 * verdict: a million of them are never held at once.
 */
import type { Database } from '../../../database/database.ts';
import { type Row, toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import { usageError } from '../../../errors.ts';
import { readBalancesByOwner } from './balances.ts';
import { stakeKey } from './stake.ts';

const pageMembers = 5_000;

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

/** Without its members. @throws SettleError (exit 2) when there is no such challenge. */
export async function readChallenge({ knex }: Database, id: bigint): Promise<ChallengeView> {
  const challengeId = id.toString();
  const challenge: Row | undefined = await knex('challenge').where({ id: challengeId }).first();
  if (challenge === undefined)
    throw usageError(`there is no challenge ${id}`, '`settle import challenges FILE` adds some');
  const settled: Row | undefined = await knex('settle_challenge').where({ challenge_id: challengeId }).first();
  return {
    id,
    status: toText(challenge.status),
    startDate: toText(challenge.start_date),
    endDate: toText(challenge.end_date),
    minMembers: toNumber(challenge.min_members),
    stake: toBigInt(challenge.stake),
    thresholdPercent: toNumber(challenge.threshold_percent),
    feeBp: toNumber(challenge.fee_bp),
    noWinnerPolicy: toText(challenge.no_winner_policy),
    escrow: (await readBalancesByOwner(knex, 'escrow', [id])).get(id)!,
    settlement: settled === undefined ? null : toSettlement(settled),
    journals: await readSettlementJournals(knex, id),
  };
}

/** The members of a challenge in join order, in pages; with `userId`, only those of that user. */
export async function* pageMemberViews({ knex }: Database, id: bigint, userId?: bigint): AsyncGenerator<MemberView[]> {
  let last: Row | undefined;
  for (;;) {
    // After those who joined in the same millisecond come the later ones: each is one run of the index.
    const rows: Row[] =
      last === undefined
        ? await selectMembers(knex, id, userId, pageMembers)
        : await selectMembers(knex, id, userId, pageMembers)
            .where('m.joined_at', toText(last.joined_at))
            .where('m.id', '>', toBigInt(last.id).toString());
    const left = pageMembers - rows.length;
    if (last !== undefined && left > 0) {
      rows.push(...(await selectMembers(knex, id, userId, left).where('m.joined_at', '>', toText(last.joined_at))));
    }
    if (rows.length === 0) return;
    yield rows.map((row) => toMember(id, row));
    if (rows.length < pageMembers) return;
    last = rows.at(-1);
  }
}

function selectMembers(knex: Database['knex'], id: bigint, userId: bigint | undefined, limit: number) {
  return knex('challenge_member as m')
    .leftJoin('settle_payout as p', 'p.member_id', 'm.id')
    .where('m.challenge_id', id.toString())
    .modify((query) => {
      if (userId !== undefined) query.where('m.user_id', userId.toString());
    })
    .orderBy(['m.joined_at', 'm.id'])
    .limit(limit)
    .select('p.*', 'm.id', 'm.user_id', 'm.stake', 'm.joined_at', 'm.quit_at');
}

/** A payout's journal holds thousands of members: they are few. */
async function readSettlementJournals(knex: Database['knex'], id: bigint): Promise<JournalView[]> {
  const journals: JournalView[] = [];
  for (const kind of ['payout', 'refund']) {
    const name = `challenge:${id}:${kind}`;
    // The semicolon follows the colon: between them is every key that begins so, as one run of the index.
    const rows: Row[] = await knex('settle_journal')
      .where('journal_key', '>=', `${name}:`)
      .where('journal_key', '<', `${name};`);
    journals.push(...rows.map(toJournal));
  }
  return journals.sort(byId);
}

/** Those of the journals that are there, in the order of the chain. */
export async function readJournals({ knex }: Database, keys: readonly string[]): Promise<JournalView[]> {
  const rows: Row[] = await knex('settle_journal').whereIn('journal_key', keys);
  return rows.map(toJournal).sort(byId);
}

function toJournal(row: Row): JournalView {
  return {
    id: toBigInt(row.id),
    key: toText(row.journal_key),
    kind: toText(row.kind),
    businessDate: toText(row.business_date),
    hash: toText(row.hash),
  };
}

function byId(a: JournalView, b: JournalView): number {
  return a.id < b.id ? -1 : 1;
}

function toSettlement(row: Row): SettlementView {
  return {
    status: toText(row.status),
    businessDate: toText(row.business_date),
    zone: toText(row.zone),
    execution: toNumber(row.job_execution_id),
    members: toBigInt(row.members),
    winners: toBigInt(row.winners),
    days: toNumber(row.days),
    thresholdPercent: toNumber(row.threshold_percent),
    feeBp: toNumber(row.fee_bp),
    noWinnerPolicy: toText(row.no_winner_policy),
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
    joinedAt: toText(row.joined_at),
    quitAt: toTextOrNull(row.quit_at),
    stakeJournal: stakeKey(challengeId, id),
    outcome: row.member_id === null ? null : toOutcome(row),
  };
}

function toOutcome(row: Row): OutcomeView {
  const isShared = row.weight !== null;
  return {
    verdict: toText(row.verdict),
    proofDays: toNumber(row.proof_days),
    percent: toNumber(row.percent),
    kind: toText(row.kind),
    payout: toBigInt(row.payout),
    weight: isShared ? toBigInt(row.weight) : null,
    floor: isShared ? toBigInt(row.floor_points) : null,
    fraction: isShared
      ? { numerator: toBigInt(row.fraction_numerator), denominator: toBigInt(row.fraction_denominator) }
      : null,
    extraPoint: isShared ? toNumber(row.extra_point) : null,
    journal: toTextOrNull(row.journal_key),
    execution: toNumber(row.job_execution_id),
  };
}
