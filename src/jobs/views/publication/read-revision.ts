/**
 * Statements on settle_read_head and settle_read_revision: which revision of what `settle serve` may keep is published.
 * The revision commits with what it stands for, so a reader that sees one sees the other.
 */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { parseInstant } from '../../../database/instant.ts';
import { lockRow } from '../../../database/lock-row.ts';
import { type Row, toBigInt, toText } from '../../../database/values.ts';

const HEAD = 'settle_read_head';
const TABLE = 'settle_read_revision';

/**
 * `statistics`: sums of a date. `ranking`: rankings of day, week and month that a date lies in. `popular`: the popular ranking
 * up to a date.
 */
export const readSubjects = ['statistics', 'ranking', 'popular'] as const;
export type ReadSubject = (typeof readSubjects)[number];

export interface ReadHead {
  /** Of this database, among others that use the same cache. */
  readonly identity: string;
  readonly revision: bigint;
}

export interface DateRevision {
  readonly subject: string;
  readonly date: string;
  readonly revision: bigint;
}

/**
 * Notes what a transaction publishes. The last thing it does: other publishers wait from here to its commit, so that
 * revisions commit in their order. Microseconds on the database's clock, so that no number is used twice, also where a
 * database was put back.
 */
export async function noteReadable(
  database: Database,
  tx: Transaction,
  changed: Partial<Readonly<Record<ReadSubject, readonly string[]>>>,
): Promise<void> {
  const head = await lockRow(tx, HEAD, { id: 1 }, { columns: ['revision'] });
  // Without it nothing is kept anywhere: see `readHead`.
  if (head === undefined) return;
  const last = toBigInt(head.revision);
  const clock = BigInt(parseInstant(await database.dialect.now(tx))) * 1_000n;
  const revision = (clock > last ? clock : last + 1n).toString();
  await tx(HEAD).where({ id: 1 }).update({ revision });
  for (const subject of readSubjects) {
    const rows = (changed[subject] ?? []).map((date) => ({ subject, business_date: date, revision }));
    if (rows.length > 0) await tx(TABLE).insert(rows).onConflict(['subject', 'business_date']).merge(['revision']);
  }
}

/** Undefined where there is none: nothing that was read may be kept. */
export async function readHead(executor: Executor): Promise<ReadHead | undefined> {
  const row: Row | undefined = await executor(HEAD).where({ id: 1 }).first('identity', 'revision');
  return row === undefined ? undefined : { identity: toText(row.identity), revision: toBigInt(row.revision) };
}

/** A row for each date of a subject that was published since settle keeps revisions. */
export async function listReadRevisions(executor: Executor): Promise<DateRevision[]> {
  const rows: Row[] = await executor(TABLE).select('subject', 'business_date', 'revision');
  return rows.map((row) => ({
    subject: toText(row.subject),
    date: toText(row.business_date),
    revision: toBigInt(row.revision),
  }));
}
