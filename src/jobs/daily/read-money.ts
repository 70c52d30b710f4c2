/** The money of a date, from the rows of its log to the points on the ledger: what the page and the report show. */
import type { Database } from '../../database/database.ts';
import { type Row, toBigInt } from '../../database/values.ts';
import { readLastVerification, type StoredVerification } from '../../ledger/last-verification.ts';
import { type DatePots, sumPots } from '../challenges/settlement/sum-date.ts';
import { type DatePay, sumDate } from '../video-settlement/sum-date.ts';
import { readStatisticsRun } from '../views/statistics/statistics-run.ts';

export interface DateMoney {
  readonly date: string;
  /** Verdict -> rows, and `read`; null before the date is settled. */
  readonly verdicts: Readonly<Record<string, number>> | null;
  /** The run that made them. */
  readonly execution: number | null;
  readonly pay: DatePay;
  readonly pots: DatePots;
  readonly ledger: {
    /** Of all accounts: 0. */
    readonly sum: bigint;
    /** The last `settle ledger verify`; null before the first. */
    readonly verification: StoredVerification | null;
  };
}

export async function readMoney(database: Database, date: string): Promise<DateMoney> {
  const { knex } = database;
  const run = await readStatisticsRun(knex, date);
  const accounts: Row | undefined = await knex('settle_account').sum({ sum: 'balance' }).first();
  return {
    date,
    verdicts: run?.verdicts ?? null,
    execution: run?.jobExecutionId ?? null,
    pay: await sumDate(database, date),
    pots: await sumPots(database, date),
    ledger: {
      sum: toBigInt(accounts?.sum ?? 0),
      verification: (await readLastVerification(knex)) ?? null,
    },
  };
}
