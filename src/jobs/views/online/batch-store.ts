/** Statements on settle_view_batch: batches that were acknowledged, and what their views were told. */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { instantText } from '../../../database/instant.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { type Row, toBigInt } from '../../../database/values.ts';

export interface StoredBatch {
  /** Given by the client. */
  readonly key: string;
  /** SHA-256 of the body, hexadecimal. */
  readonly digest: string;
  /** Of the views that are in the log; the others follow it without a gap. Undefined: none is. */
  readonly firstId: bigint | undefined;
  /** A letter a view (rules/online-verdict.ts). */
  readonly verdicts: string;
}

export interface NewBatch extends StoredBatch {
  /** Of the views that are in the log; milliseconds since 1970. */
  readonly times: { readonly fromMs: number; readonly toMs: number } | undefined;
}

const COLUMNS = ['batch_key', 'digest', 'posted_at', 'first_id', 'from_at', 'to_at', 'verdicts'] as const;
const PURGE_ROWS = 1_000;

export async function readBatches(executor: Executor, keys: readonly string[]): Promise<Map<string, StoredBatch>> {
  const rows: Row[] = await executor('settle_view_batch')
    .whereIn('batch_key', keys)
    .select('batch_key', 'digest', 'first_id', 'verdicts');
  return new Map(rows.map((row) => [String(row.batch_key), storedOf(row)]));
}

/** Throws the driver's error when a key is there. */
export async function insertBatches(database: Database, tx: Transaction, batches: readonly NewBatch[]): Promise<void> {
  const now = instantText(Date.now());
  const timeText = (ms: number | undefined) => (ms === undefined ? null : instantText(ms));
  await bulkInsert(
    tx,
    database.dialect,
    { table: 'settle_view_batch', columns: [...COLUMNS] },
    batches.map(({ key, digest, firstId, times, verdicts }) => [
      key,
      digest,
      now,
      firstId ?? null,
      timeText(times?.fromMs),
      timeText(times?.toMs),
      verdicts,
    ]),
  );
}

/** The batches with views in the log whose times meet [startMs, endMs). */
export async function* streamBatches(
  database: Database,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): AsyncGenerator<StoredBatch> {
  const sql =
    'SELECT batch_key, digest, first_id, verdicts FROM settle_view_batch WHERE to_at >= ? AND from_at < ? ORDER BY first_id';
  for await (const row of streamRows(database, sql, [instantText(startMs), instantText(endMs)])) yield storedOf(row);
}

/** Removes those that were posted before; with `isDryRun` counts them. Resolves to their number. */
export async function purgeBatches({ knex }: Database, before: Date, isDryRun: boolean): Promise<number> {
  const old = () => knex('settle_view_batch').where('posted_at', '<', instantText(before.getTime()));
  if (isDryRun) {
    const [{ rows }]: Row[] = await old().count({ rows: '*' });
    return Number(rows);
  }
  for (let removed = 0; ; ) {
    const keys: unknown[] = await old().orderBy('posted_at').limit(PURGE_ROWS).pluck('batch_key');
    if (keys.length === 0) return removed;
    removed += await knex('settle_view_batch').whereIn('batch_key', keys.map(String)).delete();
  }
}

function storedOf(row: Row): StoredBatch {
  return {
    key: String(row.batch_key),
    digest: String(row.digest),
    firstId: row.first_id === null ? undefined : toBigInt(row.first_id),
    verdicts: String(row.verdicts),
  };
}
