/** From records of text fields to rows of challenge, challenge_member and challenge_proof. */
import { parseBusinessDate } from '../../rules/business-time.ts';
import { defaultNoWinnerPolicy, noWinnerPolicies } from '../../rules/challenge-payout.ts';
import { challengeStatuses } from '../../rules/challenge-status.ts';
import { defaultThresholdPercent } from '../../rules/success.ts';
import type { ColumnDefinition } from './columns.ts';
import { INT32, INT64, type IntegerRange, parseInteger } from './integer.ts';
import { malformed } from './malformed.ts';
import { quote } from './quote.ts';
import type { InputRecord } from './records.ts';
import type { TimeParser } from './view-time.ts';

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
  { name: 'quit_at', required: false },
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

/** `places`: as `locateColumns` found `challengeColumns`. Throws MALFORMED_INPUT with the line and the column. */
export function parseChallengeRow(record: InputRecord, places: readonly number[], file: string): ChallengeRow {
  const fields = new Fields(record, places, challengeColumns, file);
  const startDate = fields.date(2);
  const endDate = fields.date(3);
  if (endDate < startDate) throw malformed(file, record.line, `end_date ${endDate} is before start_date ${startDate}`);
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

/** `places`: as `locateColumns` found `memberColumns`. Throws MALFORMED_INPUT with the line and the column. */
export function parseMemberRow(
  record: InputRecord,
  places: readonly number[],
  parseTime: TimeParser,
  file: string,
): MemberRow {
  const fields = new Fields(record, places, memberColumns, file);
  return {
    id: fields.integer(0, INT64),
    challengeId: fields.integer(1, INT64),
    userId: fields.integer(2, INT64),
    stake: fields.integer(3, POSITIVE),
    joinedAtMs: fields.time(4, parseTime),
    quitAtMs: fields.isEmpty(5) ? null : fields.time(5, parseTime),
  };
}

/** `places`: as `locateColumns` found `proofColumns`. Throws MALFORMED_INPUT with the line and the column. */
export function parseProofRow(record: InputRecord, places: readonly number[], file: string): ProofRow {
  const fields = new Fields(record, places, proofColumns, file);
  return {
    id: fields.integer(0, INT64),
    challengeId: fields.integer(1, INT64),
    userId: fields.integer(2, INT64),
    proofDate: fields.date(3),
  };
}

/** The fields of one record by the number of their column; whatever is wrong is told with line and column. */
class Fields {
  readonly #record: InputRecord;
  readonly #places: readonly number[];
  readonly #columns: readonly ColumnDefinition[];
  readonly #file: string;

  constructor(record: InputRecord, places: readonly number[], columns: readonly ColumnDefinition[], file: string) {
    this.#record = record;
    this.#places = places;
    this.#columns = columns;
    this.#file = file;
  }

  isEmpty(column: number): boolean {
    return this.#places[column] < 0 || this.#text(column) === '';
  }

  integer(column: number, range: IntegerRange, ifEmpty?: bigint): bigint {
    if (ifEmpty !== undefined && this.isEmpty(column)) return ifEmpty;
    const value = parseInteger(this.#text(column), range);
    if (typeof value === 'string') throw this.#wrong(column, value);
    return BigInt(value);
  }

  choice(column: number, choices: readonly string[], ifEmpty: string): string {
    if (this.isEmpty(column)) return ifEmpty;
    const text = this.#text(column);
    if (!choices.includes(text)) throw this.#wrong(column, `${quote(text)} is none of ${choices.join(', ')}`);
    return text;
  }

  date(column: number): string {
    const text = this.#text(column);
    try {
      return parseBusinessDate(text);
    } catch {
      throw this.#wrong(column, `${quote(text)} is not a date`);
    }
  }

  time(column: number, parseTime: TimeParser): number {
    const time = parseTime(this.#text(column));
    if (time === undefined) throw this.#wrong(column, `${quote(this.#text(column))} is not a time`);
    return time;
  }

  #text(column: number): string {
    return this.#record.fields[this.#places[column]];
  }

  #wrong(column: number, problem: string): Error {
    return malformed(this.#file, this.#record.line, `${this.#columns[column].name} ${problem}`);
  }
}
