/** From records of text fields to rows of challenge, challenge_member and challenge_proof. */
import { defaultNoWinnerPolicy, noWinnerPolicies } from '../challenges/rules/payout.ts';
import { challengeStatuses } from '../challenges/rules/status.ts';
import { defaultThresholdPercent } from '../challenges/rules/success.ts';
import type { ColumnDefinition } from './columns.ts';
import { Fields } from './fields.ts';
import { INT32, INT64, type IntegerRange, USER_ID } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import type { Reading } from './reading.ts';
import type { InputRecord } from './records.ts';

export interface ChallengeRow {
  readonly id: bigint;
  readonly status: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly minMembers: bigint;
  readonly stake: bigint;
  readonly thresholdPercent: bigint;
  readonly feeBp: bigint;
  readonly noWinnerPolicy: string;
}

export interface MemberRow {
  readonly id: bigint;
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly stake: bigint;
  /** Milliseconds UTC. */
  readonly joinedAtMs: number;
  readonly quitAtMs: number | null;
}

export interface ProofRow {
  readonly id: bigint;
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly proofDate: string;
}

export const challengeColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'status', required: false },
  { name: 'start_date', required: true },
  { name: 'end_date', required: true },
  { name: 'min_members', required: false },
  { name: 'stake', required: true },
  { name: 'threshold_percent', required: false },
  { name: 'fee_bp', required: false },
  { name: 'no_winner_policy', required: false },
];

export const memberColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'challenge_id', required: true },
  { name: 'user_id', required: true },
  { name: 'stake', required: true },
  { name: 'joined_at', required: true },
  { name: 'quit_at', required: false, nullable: true },
];

export const proofColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'challenge_id', required: true },
  { name: 'user_id', required: true },
  { name: 'proof_date', required: true },
];

const POSITIVE: IntegerRange = { min: 1n, max: INT64.max, description: '1 to 2^63 - 1' };
const COUNT: IntegerRange = { min: 0n, max: INT32.max, description: '0 to 2^31 - 1' };
const PERCENT: IntegerRange = { min: 0n, max: 100n, description: '0 to 100' };
const BASIS_POINTS: IntegerRange = { min: 0n, max: 10_000n, description: '0 to 10000' };

/** `places`: as `locateColumns` found `challengeColumns`. Throws a LineProblem that names the column. */
export function parseChallengeRow(record: InputRecord, places: readonly number[], reading: Reading): ChallengeRow {
  const fields = new Fields(record, places, challengeColumns, reading);
  const startDate = fields.date(2);
  const endDate = fields.date(3);
  if (endDate < startDate) throw new LineProblem(`end_date ${endDate} is before start_date ${startDate}`);
  return {
    id: fields.integer(0, INT64),
    status: fields.choice(1, challengeStatuses, 'WAITING'),
    startDate,
    endDate,
    minMembers: fields.integer(4, COUNT, 1n),
    stake: fields.integer(5, INT64),
    thresholdPercent: fields.integer(6, PERCENT, BigInt(defaultThresholdPercent)),
    feeBp: fields.integer(7, BASIS_POINTS, 0n),
    noWinnerPolicy: fields.choice(8, noWinnerPolicies, defaultNoWinnerPolicy),
  };
}

/** `places`: as `locateColumns` found `memberColumns`. Throws a LineProblem that names the column. */
export function parseMemberRow(record: InputRecord, places: readonly number[], reading: Reading): MemberRow {
  const fields = new Fields(record, places, memberColumns, reading);
  return {
    id: fields.integer(0, INT64),
    challengeId: fields.integer(1, INT64),
    userId: fields.integer(2, USER_ID),
    stake: fields.integer(3, POSITIVE),
    joinedAtMs: fields.time(4),
    quitAtMs: fields.isEmpty(5) ? null : fields.time(5),
  };
}

/** `places`: as `locateColumns` found `proofColumns`. Throws a LineProblem that names the column. */
export function parseProofRow(record: InputRecord, places: readonly number[], reading: Reading): ProofRow {
  const fields = new Fields(record, places, proofColumns, reading);
  return {
    id: fields.integer(0, INT64),
    challengeId: fields.integer(1, INT64),
    userId: fields.integer(2, INT64),
    proofDate: fields.date(3),
  };
}
