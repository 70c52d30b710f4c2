/** Interest of a date, by account: what `settle interest` prints. */
import type { Database } from '../../database/database.ts';
import { streamRows } from '../../database/stream-rows.ts';
import { toBigInt, toText } from '../../database/values.ts';

export interface InterestLine {
  readonly accountId: bigint;
  /** Whole won at the end of the date. */
  readonly balance: bigint;
  /** `accrued / denominator` is won: what was carried at the last capitalisation and the accruals since. */
  readonly accrued: bigint;
  readonly denominator: bigint;
  /** Whole won that the run of the date posted, adjustments of closed dates included. */
  readonly capitalised: bigint;
}

/** Accounts that accrue on the date, and those that something is booked of in it; by id. */
export async function* readInterest(database: Database, date: string): AsyncGenerator<InterestLine> {
  const booked = `(SELECT account_id, SUM(amount) AS amount FROM settle_interest_posting WHERE booked_date = ? GROUP BY account_id)`;
  const sql = `SELECT d.account_id, d.balance, d.accrued, d.denominator, COALESCE(b.amount, 0) AS booked
      FROM settle_interest_day d LEFT JOIN ${booked} b ON b.account_id = d.account_id WHERE d.business_date = ?
    UNION ALL
    SELECT b.account_id,
        (SELECT COALESCE(SUM(e.amount), 0) FROM deposit_entry e WHERE e.account_id = b.account_id AND e.value_date <= ?)
          + (SELECT COALESCE(SUM(p.amount), 0) FROM settle_interest_posting p WHERE p.account_id = b.account_id AND p.value_date <= ?),
        '0', '1', b.amount
      FROM ${booked} b
      WHERE NOT EXISTS (SELECT 1 FROM settle_interest_day d WHERE d.business_date = ? AND d.account_id = b.account_id)
    ORDER BY account_id`;
  for await (const row of streamRows(database, sql, [date, date, date, date, date, date])) {
    yield {
      accountId: toBigInt(row.account_id),
      balance: toBigInt(row.balance),
      accrued: BigInt(toText(row.accrued)),
      denominator: BigInt(toText(row.denominator)),
      capitalised: toBigInt(row.booked),
    };
  }
}

/** Whether the accrual of the date is complete; undefined: it has not begun. */
export async function isAccrued({ knex }: Database, date: string): Promise<boolean | undefined> {
  const row = await knex('settle_interest_date').where({ business_date: date }).first('completed_at');
  return row === undefined ? undefined : row.completed_at !== null;
}
