/** Rows of interest: days, postings, dates. One statement, one function. */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { type Row, toBigInt, toNumber, toText } from '../../database/values.ts';
import { inGroups } from '../../ledger/in-groups.ts';

/** A run of account ids, both ends inside. */
export interface IdRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** The end of a date of an account. */
export interface InterestDay {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly accountId: bigint;
  readonly balance: bigint;
  /** `accrued / denominator` is won. */
  readonly accrued: bigint;
  readonly denominator: bigint;
  readonly capitalised: bigint;
  readonly inputDigest: string;
  readonly revision: number;
  readonly jobExecutionId: number;
}

export interface InterestPosting {
  readonly accountId: bigint;
  /** The date at whose end it is capitalised. */
  readonly periodEnd: string;
  /** From 1. */
  readonly postingNo: number;
  /** The date whose run posts it: `periodEnd`, or an open one after it where that is closed. */
  readonly bookedDate: string;
  /** The day after the end of the period. */
  readonly valueDate: string;
  /** Whole won, signed, not 0. */
  readonly amount: bigint;
  /** Of an adjustment: the run whose result it corrects. */
  readonly correctedJobExecutionId: number | null;
  readonly jobExecutionId: number;
  readonly journalKey: string;
}

/** What is posted about the end of a period. */
export interface PostedSum {
  readonly amount: bigint;
  readonly postings: number;
}

export interface InterestDate {
  readonly date: string;
  readonly jobExecutionId: number;
  /** Null: its accrual has begun, and is not complete. */
  readonly completedAt: string | null;
}

const dayColumns = [
  'business_date',
  'account_id',
  'balance',
  'accrued',
  'denominator',
  'capitalised',
  'input_digest',
  'revision',
  'job_execution_id',
];

/** Of one date, by account. */
export async function readDaysOfRange(
  executor: Executor,
  date: string,
  { from, to }: IdRange,
): Promise<Map<bigint, InterestDay>> {
  const rows: Row[] = await executor('settle_interest_day')
    .where({ business_date: date })
    .whereBetween('account_id', [from.toString(), to.toString()])
    .select(dayColumns);
  return new Map(rows.map(dayOf).map((day) => [day.accountId, day]));
}

/** Of some accounts on some dates. */
export async function readDaysOfAccounts(
  executor: Executor,
  dates: readonly string[],
  accountIds: readonly bigint[],
): Promise<InterestDay[]> {
  const days: InterestDay[] = [];
  for (const date of dates) {
    for (const ids of inGroups(accountIds.map(String))) {
      const rows: Row[] = await executor('settle_interest_day')
        .where({ business_date: date })
        .whereIn('account_id', ids)
        .select(dayColumns);
      for (const row of rows) days.push(dayOf(row));
    }
  }
  return days;
}

/** All days of one account from a date on, in order. */
export async function readDaysOfAccount(executor: Executor, accountId: bigint, from: string): Promise<InterestDay[]> {
  const rows: Row[] = await executor('settle_interest_day')
    .where({ account_id: accountId.toString() })
    .where('business_date', '>=', from)
    .orderBy('business_date')
    .select(dayColumns);
  return rows.map(dayOf);
}

export async function writeDays(database: Database, tx: Transaction, days: readonly InterestDay[]): Promise<void> {
  const keys = dayColumns.slice(0, 2);
  const valuesOf = (day: InterestDay) => [
    day.date,
    day.accountId,
    day.balance,
    day.accrued.toString(),
    day.denominator.toString(),
    day.capitalised,
    day.inputDigest,
    day.revision,
    day.jobExecutionId,
  ];
  const target = { table: 'settle_interest_day', columns: dayColumns, keys };
  const [fresh, renewed] = [days.filter((day) => day.revision === 1), days.filter((day) => day.revision > 1)];
  await bulkInsert(tx, database.dialect, target, fresh.map(valuesOf));
  await bulkInsert(tx, database.dialect, { ...target, mode: 'replace-values' }, renewed.map(valuesOf));
}

export async function deleteDays(tx: Transaction, days: readonly Pick<InterestDay, 'date' | 'accountId'>[]) {
  for (const [date, own] of Map.groupBy(days, (day) => day.date)) {
    for (const ids of inGroups(own.map(({ accountId }) => String(accountId)))) {
      await tx('settle_interest_day').where({ business_date: date }).whereIn('account_id', ids).delete();
    }
  }
}

/** By account and end of period. */
export async function readPostedSums(
  executor: Executor,
  accountIds: readonly bigint[],
): Promise<Map<bigint, Map<string, PostedSum>>> {
  const sums = new Map<bigint, Map<string, PostedSum>>();
  for (const ids of inGroups(accountIds.map(String))) {
    const rows: Row[] = await executor('settle_interest_posting')
      .whereIn('account_id', ids)
      .groupBy('account_id', 'period_end')
      .select('account_id', 'period_end')
      .sum({ amount: 'amount' })
      .count({ postings: '*' });
    for (const row of rows) {
      const accountId = toBigInt(row.account_id);
      const own = sums.get(accountId) ?? new Map<string, PostedSum>();
      own.set(toText(row.period_end), { amount: toBigInt(row.amount), postings: toNumber(row.postings) });
      sums.set(accountId, own);
    }
  }
  return sums;
}

/** All postings of one account, in order. */
export async function readPostings(executor: Executor, accountId: bigint): Promise<InterestPosting[]> {
  const rows: Row[] = await executor('settle_interest_posting')
    .where({ account_id: accountId.toString() })
    .orderBy(['period_end', 'posting_no'])
    .select('*');
  return rows.map((row) => ({
    accountId: toBigInt(row.account_id),
    periodEnd: toText(row.period_end),
    postingNo: toNumber(row.posting_no),
    bookedDate: toText(row.booked_date),
    valueDate: toText(row.value_date),
    amount: toBigInt(row.amount),
    correctedJobExecutionId: row.corrected_job_execution_id === null ? null : toNumber(row.corrected_job_execution_id),
    jobExecutionId: toNumber(row.job_execution_id),
    journalKey: toText(row.journal_key),
  }));
}

export async function insertPostings(database: Database, tx: Transaction, postings: readonly InterestPosting[]) {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_interest_posting',
      columns: [
        'account_id',
        'period_end',
        'posting_no',
        'booked_date',
        'value_date',
        'amount',
        'corrected_job_execution_id',
        'job_execution_id',
        'journal_key',
      ],
    },
    postings.map((one) => [
      one.accountId,
      one.periodEnd,
      one.postingNo,
      one.bookedDate,
      one.valueDate,
      one.amount,
      one.correctedJobExecutionId,
      one.jobExecutionId,
      one.journalKey,
    ]),
  );
}

/** Digests of accounts whose last day has been accrued. */
export async function readEnded(executor: Executor, { from, to }: IdRange): Promise<Map<bigint, string>> {
  const rows: Row[] = await executor('settle_interest_ended')
    .whereBetween('account_id', [from.toString(), to.toString()])
    .select('account_id', 'input_digest');
  return new Map(rows.map((row) => [toBigInt(row.account_id), toText(row.input_digest)]));
}

/** Null: it has not ended after all. */
export async function writeEnded(database: Database, tx: Transaction, ended: ReadonlyMap<bigint, string | null>) {
  const reopened = [...ended].filter(([, digest]) => digest === null).map(([id]) => String(id));
  for (const ids of inGroups(reopened)) await tx('settle_interest_ended').whereIn('account_id', ids).delete();
  const target = { table: 'settle_interest_ended', columns: ['account_id', 'input_digest'], keys: ['account_id'] };
  const rows = [...ended].filter(([, digest]) => digest !== null);
  await bulkInsert(tx, database.dialect, { ...target, mode: 'replace-values' }, rows);
}

/** Every date whose accrual has begun, in order. */
export async function readInterestDates(executor: Executor): Promise<InterestDate[]> {
  const rows: Row[] = await executor('settle_interest_date').orderBy('business_date').select('*');
  return rows.map((row) => ({
    date: toText(row.business_date),
    jobExecutionId: toNumber(row.job_execution_id),
    completedAt: row.completed_at === null ? null : toText(row.completed_at),
  }));
}

/** Closed dates, of which nothing is rewritten. */
export async function readClosed(executor: Executor): Promise<Set<string>> {
  const dates = await executor('settle_settlement_date').whereNotNull('closed_at').pluck('business_date');
  return new Set(dates.map(String));
}

function dayOf(row: Row): InterestDay {
  return {
    date: toText(row.business_date),
    accountId: toBigInt(row.account_id),
    balance: toBigInt(row.balance),
    accrued: BigInt(toText(row.accrued)),
    denominator: BigInt(toText(row.denominator)),
    capitalised: toBigInt(row.capitalised),
    inputDigest: toText(row.input_digest),
    revision: toNumber(row.revision),
    jobExecutionId: toNumber(row.job_execution_id),
  };
}
