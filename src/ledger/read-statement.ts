/** What happened to one account, entry by entry, with the balance after each; and all balances of users. */
import type { Database } from '../database/database.ts';
import { streamRows } from '../database/stream-rows.ts';
import { type Row, toBigInt, toNumber } from '../database/values.ts';
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
    yield lineOf(row, amount, balance);
  }
}

/** The place of an entry in the chain. */
export interface EntryPlace {
  readonly journalId: bigint;
  readonly lineNo: number;
}

/** At most `limit` lines behind a place, in the order of the chain, in memory. The balance before them is summed by the database. */
export async function pageStatement(
  { knex }: Database,
  account: AccountRef,
  { after, limit }: { readonly after?: EntryPlace; readonly limit: number },
): Promise<StatementLine[]> {
  const owner = { 'e.account_type': account.type, 'e.owner_id': account.ownerId.toString() };
  const { journalId, lineNo } = after ?? { journalId: 0n, lineNo: 0 };
  const place = [journalId.toString(), journalId.toString(), lineNo];
  const [before] =
    after === undefined
      ? [{ balance: 0 }]
      : await knex('settle_entry as e')
          .where(owner)
          .whereRaw('(e.journal_id < ? OR (e.journal_id = ? AND e.line_no <= ?))', place)
          .sum({ balance: 'e.amount' });
  const rows: Row[] = await knex('settle_entry as e')
    .join('settle_journal as j', 'j.id', 'e.journal_id')
    .where(owner)
    .whereRaw('(e.journal_id > ? OR (e.journal_id = ? AND e.line_no > ?))', place)
    .orderBy(['e.journal_id', 'e.line_no'])
    .limit(limit)
    .select('e.journal_id', 'e.line_no', 'e.amount', 'j.journal_key', 'j.kind', 'j.business_date', 'j.reason');
  let balance = toBigInt(before.balance ?? 0);
  return rows.map((row) => {
    const amount = toBigInt(row.amount);
    balance += amount;
    return lineOf(row, amount, balance);
  });
}

function lineOf(row: Row, amount: bigint, balance: bigint): StatementLine {
  return {
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

/** At most `limit` users with ids above `after` that have ever had points, by id. */
export async function pageUserBalances(
  { knex }: Database,
  { after, limit }: { readonly after?: bigint; readonly limit: number },
): Promise<{ readonly userId: bigint; readonly balance: bigint }[]> {
  const query = knex('settle_account').where({ account_type: 'user' }).orderBy('owner_id').limit(limit);
  if (after !== undefined) query.where('owner_id', '>', after.toString());
  const rows: Row[] = await query.select('owner_id', 'balance');
  return rows.map((row) => ({ userId: toBigInt(row.owner_id), balance: toBigInt(row.balance) }));
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
