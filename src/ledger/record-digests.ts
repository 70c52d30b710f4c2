/**
 * Digests of recorded rows (src/ledger/rules/record.ts), by key of their record. They are always taken of what the
 * database has, when a record is posted as when it is verified.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Executor } from '../database/database.ts';
import {
  challengeKey,
  challengeRows,
  closingKey,
  closingRows,
  rateCardKey,
  rateCardRows,
  recordedRow,
} from './rules/record.ts';

/** Rows that are in memory at once. */
const rowsAPage = 5_000;

type Row = Record<string, unknown>;

/** Of every rate card there is. */
export async function rateCardDigests(executor: Executor): Promise<Map<string, string>> {
  const rows: Row[] = await executor(rateCardRows.table).orderBy('card_no').select(rateCardRows.columns);
  return new Map(rows.map((row) => [rateCardKey(Number(row.card_no)), rateCardDigest(row)]));
}

/** Of one row of rate cards. */
export function rateCardDigest(row: Readonly<Record<string, unknown>>): string {
  return hash('sha256', recordedRow(rateCardRows, row));
}

/** Of one closed date. */
export async function closingDigest(executor: Executor, date: string): Promise<[key: string, digest: string]> {
  const digest = createHash('sha256');
  for (const rows of closingRows) {
    // The date's rows cannot change while they are read: they are locked, or of one snapshot.
    for (let offset = 0; ; offset += rowsAPage) {
      const page: Row[] = await executor(rows.table)
        .where(rows.dateColumn, date)
        .orderBy([...rows.order])
        .limit(rowsAPage)
        .offset(offset)
        .select(rows.columns);
      for (const row of page) digest.update(recordedRow(rows, row));
      if (page.length < rowsAPage) break;
    }
  }
  return [closingKey(date), digest.digest('hex')];
}

/** Of what executions did to some challenges: those that wrote rows about them. */
export async function challengeDigests(executor: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  const hashes = new Map<string, Hash>();
  const [ends, payouts] = challengeRows;
  const take = (rows: typeof ends, row: Row) => {
    const key = challengeKey(String(row.challenge_id), String(row.job_execution_id));
    hashes.set(key, (hashes.get(key) ?? createHash('sha256')).update(recordedRow(rows, row)));
  };
  for (const row of (await executor(ends.table)
    .whereIn('challenge_id', [...ids])
    .select(ends.columns)) as Row[]) {
    take(ends, row);
  }
  for await (const page of payoutsOf(executor, ids)) for (const row of page) take(payouts, row);
  return new Map([...hashes].map(([key, digest]) => [key, digest.digest('hex')]));
}

/** In order of challenge and member, a page at a time: a challenge can have a million. */
async function* payoutsOf(executor: Executor, ids: readonly string[]): AsyncGenerator<readonly Row[]> {
  const { table, columns, order } = challengeRows[1];
  const page = (): Knex.QueryBuilder =>
    executor(table)
      .orderBy([...order])
      .limit(rowsAPage)
      .select(columns);
  let rest = ids.map(BigInt);
  while (rest.length > 0) {
    let rows: Row[] = await page().whereIn('challenge_id', rest.map(String));
    yield rows;
    if (rows.length < rowsAPage) return;
    const last = String(rows[rows.length - 1].challenge_id);
    while (rows.length === rowsAPage) {
      const after = String(rows[rows.length - 1].member_id);
      rows = await page().where('challenge_id', last).where('member_id', '>', after);
      yield rows;
    }
    rest = rest.filter((id) => id > BigInt(last));
  }
}
