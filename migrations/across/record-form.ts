/**
 * What migration 0703 puts on the chain and in which bytes: the form of records and of journals in version 1. A frozen copy,
 * equal to the program's own (src/ledger/rules) as long as the ledger is verified by that version.
 */

export const canonicalVersion = 1;
export const recordKind = 'record';
const recordPrefix = 'record:';

/** Rows of one table, in an order that does not depend on the database. */
export interface RecordedRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly order: readonly string[];
}

const priced = [
  'creator_id',
  'card_no',
  'views_before',
  'views_after',
  'ads_before',
  'ads_after',
  'view_amount',
  'ad_amount',
  'total',
  'input_digest',
  'job_execution_id',
];

/** One card: by `card_no`. */
export const rateCardRows: RecordedRows = {
  table: 'settle_rate_card',
  columns: ['card_no', 'name', 'effective_from', 'digest', 'body', 'imported_at'],
  order: ['card_no'],
};

/** A closed date, by the column named: its row, prices, what was booked in it, and what creators got. */
export const closingRows: readonly (RecordedRows & { readonly dateColumn: string })[] = [
  {
    table: 'settle_settlement_date',
    dateColumn: 'business_date',
    columns: ['business_date', 'job_execution_id', 'credits_due', 'closed_at'],
    order: ['business_date'],
  },
  {
    table: 'settle_video_settlement',
    dateColumn: 'business_date',
    columns: ['business_date', 'video_id', 'revision', 'is_current', ...priced],
    order: ['video_id', 'revision'],
  },
  {
    table: 'settle_settlement_adjustment',
    dateColumn: 'booked_date',
    columns: ['corrected_date', 'video_id', 'adjustment_no', 'corrected_job_execution_id', 'booked_date', ...priced],
    order: ['corrected_date', 'video_id', 'adjustment_no'],
  },
  {
    table: 'settle_creator_credit',
    dateColumn: 'business_date',
    columns: ['journal_key', 'business_date', 'creator_id', 'credit_no', 'amount', 'job_execution_id'],
    order: ['creator_id', 'credit_no'],
  },
];

/** How a challenge ended, with the policy; then the payouts of the same execution, with their inputs. */
export const challengeRows: readonly RecordedRows[] = [
  {
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
    order: ['challenge_id'],
  },
  {
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
    order: ['challenge_id', 'member_id'],
  },
];

export const rateCardKey = (cardNo: number): string => `${recordPrefix}rate-card:${cardNo}`;
export const closingKey = (date: string): string => `${recordPrefix}closing:${date}`;
export const challengeKey = (challengeId: string, jobExecutionId: string): string =>
  `${recordPrefix}challenge:${challengeId}:${jobExecutionId}`;

/** What a row adds to a digest: its table and every value with its length. */
export function recordedRow({ table, columns }: RecordedRows, row: Readonly<Record<string, unknown>>): string {
  return `${table.length}:${table};${fields(columns.map((column) => row[column]))}`;
}

/** A journal without entries: all that is stored of it, and the hash before it. */
export function recordJournal(journal: RecordJournal): string {
  const { id, previousHash, key, businessDate, reason, contentDigest } = journal;
  const form = `settle-journal-${canonicalVersion}`;
  return fields([form, id, previousHash, key, recordKind, businessDate, reason, null, contentDigest, 0]);
}

export interface RecordJournal {
  readonly id: bigint;
  readonly previousHash: string;
  readonly key: string;
  readonly businessDate: string;
  readonly reason: string;
  readonly contentDigest: string;
}

function fields(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) {
    if (value === null || value === undefined) text += '-;';
    else {
      const written = String(value);
      text += `${written.length}:${written};`;
    }
  }
  return text;
}
