/** Statements on settle_publication: what of each date is to be in Redis, and what is there. */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { parseInstant } from '../../../database/instant.ts';
import { lockName } from '../../../database/lock-row.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import { defaultPopularDays } from '../rules/ranking.ts';

const TABLE = 'settle_publication';

export interface PendingDate {
  readonly date: string;
  readonly popularDays: number;
}

/**
 * A revision above all before it: microseconds on the database's clock, so that it grows also where a database was put
 * back. What is read after it was taken is at least as new as what any lower one was published with.
 */
export async function wantPublished(
  database: Database,
  tx: Transaction,
  { date, popularDays }: PendingDate,
): Promise<bigint> {
  await lockName(tx, 'popular');
  const row: Row | undefined = await tx(TABLE).max({ last: 'wanted_revision' }).first();
  const last = row?.last === null || row?.last === undefined ? 0n : toBigInt(row.last);
  const clock = BigInt(parseInstant(await database.dialect.now(tx))) * 1_000n;
  const revision = clock > last ? clock : last + 1n;
  await tx(TABLE)
    .insert({
      business_date: date,
      popular_days: popularDays,
      wanted_revision: revision.toString(),
      published_revision: 0,
    })
    .onConflict('business_date')
    .merge(['popular_days', 'wanted_revision']);
  return revision;
}

/** Dates of which something is missing, the newest first. */
export async function listPending(executor: Executor): Promise<PendingDate[]> {
  const rows: Row[] = await executor(TABLE)
    .whereRaw('published_revision < wanted_revision')
    .orderBy('business_date', 'desc')
    .select('business_date', 'popular_days');
  return rows.map((row) => ({ date: String(row.business_date), popularDays: toNumber(row.popular_days) }));
}

/** Days of the popular ranking that the date was last ranked with. */
export async function readPopularDays(executor: Executor, date: string): Promise<number> {
  const row: Row | undefined = await executor(TABLE).where({ business_date: date }).first('popular_days');
  return row === undefined ? defaultPopularDays : toNumber(row.popular_days);
}

export async function readWanted(executor: Executor, date: string): Promise<bigint> {
  const row: Row | undefined = await executor(TABLE).where({ business_date: date }).first('wanted_revision');
  return row === undefined ? 0n : toBigInt(row.wanted_revision);
}

/** A later revision that is wanted by now stays wanted. */
export async function notePublished(executor: Executor, dates: readonly string[], revision: bigint): Promise<void> {
  await executor(TABLE)
    .whereIn('business_date', [...dates])
    .where('published_revision', '<', revision.toString())
    .update({ published_revision: revision.toString() });
}

/** What was published above a revision is wanted again, from a date on. */
export async function noteLost(executor: Executor, above: bigint, from: string): Promise<number> {
  return await executor(TABLE)
    .where('published_revision', '>', above.toString())
    .where('business_date', '>=', from)
    .update({ published_revision: 0 });
}

export async function readNewestPublished(executor: Executor): Promise<{ revision: bigint; date: string } | undefined> {
  const row: Row | undefined = await executor(TABLE)
    .max({ revision: 'published_revision', date: 'business_date' })
    .first();
  if (row === undefined || row.revision === null) return undefined;
  return { revision: toBigInt(row.revision), date: String(row.date) };
}
