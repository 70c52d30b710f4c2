/** What happened to one account, entry by entry, with the balance after each; and all balances of users. */
import type { Database } from '../database/database.ts';
import { streamRows } from '../database/stream-rows.ts';
import { toBigInt, toNumber } from '../database/values.ts';
import type { AccountRef } from './rules/journal.ts';

export interface StatementLine {
  readonly journalId: bigint;
  readonly lineNo: number;
  readonly key: string;
  readonly kind: string;
  readonly businessDate: string;
  readonly reason: string;
  readonly amount: bigint;
  /** After this entry. */
  readonly balance: bigint;
}

/** In the order of the chain. Ending the loop early frees the connection. */
export async function* readStatement(database: Database, account: AccountRef): AsyncGenerator<StatementLine> {
  let balance = 0n;
  const rows = streamRows(
    database,
    `SELECT e.journal_id, e.line_no, e.amount, j.journal_key, j.kind, j.business_date, j.reason
       FROM settle_entry e JOIN settle_journal j ON j.id = e.journal_id
      WHERE e.account_type = ? AND e.owner_id = ?
      ORDER BY e.journal_id, e.line_no`,
    [account.type, account.ownerId.toString()],
  );
  for await (const row of rows) {
    const amount = toBigInt(row.amount);
    balance += amount;
    yield {
      journalId: toBigInt(row.journal_id),
      lineNo: toNumber(row.line_no),
      key: String(row.journal_key),
      kind: String(row.kind),
      businessDate: String(row.business_date),
      reason: String(row.reason),
      amount,
      balance,
    };
  }
}

/** Every user that has ever had points, by id. */
export async function* readUserBalances(
  database: Database,
): AsyncGenerator<{ readonly userId: bigint; readonly balance: bigint }> {
  const sql = "SELECT owner_id, balance FROM settle_account WHERE account_type = 'user' ORDER BY owner_id";
  for await (const row of streamRows(database, sql, [])) {
    yield { userId: toBigInt(row.owner_id), balance: toBigInt(row.balance) };
  }
}
