/** Writes how a challenge ended and what each member got, with every input, so that an auditor can recompute it. */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../../database/database.ts';
import type { InsertTarget } from '../../../database/dialect.ts';
import type { SqlValue } from '../../../database/values.ts';
import type { Decision, MemberOutcome } from '../rules/decision.ts';
import type { PayoutTerms, PotTally } from '../rules/payout.ts';
import type { Member } from './member-store.ts';

const challengeTarget: InsertTarget = {
  table: 'settle_challenge',
  columns: [
    'challenge_id',
    'status',
    'business_date',
    'zone',
    'job_execution_id',
    'members',
    'winners',
    'days',
    'threshold_percent',
    'fee_bp',
    'no_winner_policy',
    'pot',
    'forfeited',
    'fee',
    'house',
    'refunded',
    'distributable',
    'left_over',
  ],
};

const payoutTarget: InsertTarget = {
  table: 'settle_payout',
  columns: [
    'member_id',
    'challenge_id',
    'user_id',
    'verdict',
    'proof_days',
    'percent',
    'stake',
    'kind',
    'pot',
    'weight',
    'floor_points',
    'fraction_numerator',
    'fraction_denominator',
    'extra_point',
    'payout',
    'journal_key',
    'job_execution_id',
  ],
};

/** The run that a record belongs to. */
export interface SettlementRun {
  readonly date: string;
  readonly zone: string;
  readonly jobExecutionId: number;
}

export interface PayoutRecord {
  readonly member: Member;
  /** What becomes of the challenge. */
  readonly status: Decision['to'];
  readonly outcome: MemberOutcome;
  readonly percent: number;
  readonly pot: bigint;
  /** The journal that moved the points; undefined: none did. */
  readonly journalKey: string | undefined;
}

export interface ChallengeRecord {
  readonly challengeId: bigint;
  readonly terms: PayoutTerms;
  readonly tally: PotTally;
  readonly decision: Decision;
}

export async function insertPayouts(
  database: Database,
  tx: Transaction,
  run: SettlementRun,
  records: readonly PayoutRecord[],
): Promise<void> {
  await bulkInsert(tx, database.dialect, payoutTarget, payoutRows(run, records));
}

/** One at a time, as they are written: a row is larger than its record. */
function* payoutRows(run: SettlementRun, records: readonly PayoutRecord[]): Generator<SqlValue[]> {
  for (const { member, outcome, percent, pot, journalKey } of records) {
    const { kind, amount, share } = outcome.payout;
    yield [
      member.id,
      member.challengeId,
      member.userId,
      outcome.verdict,
      member.proofDays,
      percent,
      member.stake,
      kind,
      pot,
      share?.weight ?? null,
      share?.floor ?? null,
      share?.numerator ?? null,
      share?.denominator ?? null,
      share?.extraPoint ?? null,
      amount,
      journalKey ?? null,
      run.jobExecutionId,
    ];
  }
}

/** Of challenges that have come to their end. */
export async function insertChallengeRecords(
  database: Database,
  tx: Transaction,
  run: SettlementRun,
  records: readonly ChallengeRecord[],
): Promise<void> {
  const rows = records.map(({ challengeId, terms, tally, decision }): SqlValue[] => {
    const { division } = decision;
    let winners = 0n;
    for (const count of tally.winners.values()) winners += count;
    return [
      challengeId,
      decision.to,
      run.date,
      run.zone,
      run.jobExecutionId,
      tally.memberCount,
      division === undefined ? 0n : winners,
      terms.days,
      terms.thresholdPercent,
      terms.feeBp,
      terms.noWinnerPolicy,
      tally.pot,
      division?.forfeited ?? 0n,
      division?.fee ?? 0n,
      division?.house ?? 0n,
      division?.refunded ?? tally.pot,
      division?.distributable ?? 0n,
      division?.leftOver ?? 0n,
    ];
  });
  await bulkInsert(tx, database.dialect, challengeTarget, rows);
}
