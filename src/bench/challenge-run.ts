/** The dates of seeded challenges that are still to be settled, and which rows settling one of them has written. */
import type { Database } from '../database/database.ts';
import { toBigInt, toNumber } from '../database/values.ts';
import { addDays } from '../rules/business-time.ts';

/** Rows of a table by a key that ascends; ids as text, both inside. */
export interface RowRange {
  readonly table: string;
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** Where ledger and outbox end. */
export interface Ends {
  readonly journal: bigint;
  readonly notification: bigint;
}

export interface SettledDate {
  readonly challenges: number;
  readonly entries: number;
  readonly ranges: readonly RowRange[];
}

/** The first date on which something seeded is due that is not settled; undefined: nothing is left. */
export async function nextDueDate({ knex }: Database): Promise<string | undefined> {
  const row = await knex('challenge').whereIn('status', ['READY', 'ONGOING']).min({ end: 'end_date' }).first();
  return row?.end == null ? undefined : addDays(String(row.end), 1);
}

export async function readEnds({ knex }: Database): Promise<Ends> {
  const head = await knex('settle_ledger_head').first('last_journal_id');
  const next = await knex('settle_outbox_next').first('next_id');
  return { journal: toBigInt(head.last_journal_id), notification: toBigInt(next.next_id) - 1n };
}

/** What was written for `date` since `before`. Seeded challenges of one date have neighbouring ids. */
export async function settledSince(database: Database, date: string, before: Ends): Promise<SettledDate> {
  const { knex } = database;
  const after = await readEnds(database);
  const settled = await knex('settle_challenge')
    .where({ business_date: date })
    .count({ challenges: '*' })
    .min({ from: 'challenge_id' })
    .max({ to: 'challenge_id' })
    .first();
  const journals = [String(before.journal + 1n), String(after.journal)] as const;
  const entries = await knex('settle_entry').whereBetween('journal_id', journals).count({ rows: '*' }).first();
  const range = (table: string, key: string, [from, to]: readonly unknown[]) => ({
    table,
    key,
    from: String(from),
    to: String(to),
  });
  const challenges = [settled?.from, settled?.to];
  return {
    challenges: toNumber(settled?.challenges ?? 0),
    entries: toNumber(entries?.rows ?? 0),
    ranges: [
      range('settle_challenge', 'challenge_id', challenges),
      range('challenge', 'id', challenges),
      range('settle_payout', 'challenge_id', challenges),
      range('settle_journal', 'id', journals),
      range('settle_entry', 'journal_id', journals),
      range('settle_lot', 'journal_id', journals),
      range('settle_consumption', 'journal_id', journals),
      range('settle_outbox', 'id', [before.notification + 1n, after.notification]),
    ],
  };
}
