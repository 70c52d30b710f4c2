/** The rows of the view log that a run set aside, with reasons, for `settle skipped`. */
import type { Database } from '../../../database/database.ts';
import { toBigInt, toNumber } from '../../../database/values.ts';
import type { SetAsideRow } from '../../../engine/set-aside.ts';
import { placeOf } from '../log/shard-key.ts';
import { selectShards } from '../log/shard-store.ts';

/** By row id, at most `limit` rows with ids above `after`. */
export async function readQuarantine(
  database: Database,
  jobExecutionId: number,
  { after, limit }: { readonly after?: bigint; readonly limit: number },
): Promise<SetAsideRow[]> {
  const query = database
    .knex('settle_quarantine')
    .where('job_execution_id', jobExecutionId)
    .orderBy('row_id')
    .limit(limit)
    .select('row_id', 'business_date', 'reason', 'payload');
  const rows = await (after === undefined ? query : query.where('row_id', '>', after.toString()));
  const placeOfRow = await placesOf(database);
  return rows.map((row) => ({
    rowId: toBigInt(row.row_id),
    ...placeOfRow(toBigInt(row.row_id)),
    businessDate: row.business_date ?? undefined,
    reason: row.reason,
    payload: row.payload,
  }));
}

/** Tells the shard and the id of a row by its key, where the log lies on shards. */
async function placesOf({ knex }: Database): Promise<(key: bigint) => Pick<SetAsideRow, 'place'>> {
  const names = new Map([...(await selectShards(knex))].map(([name, number]) => [number, name]));
  if (names.size === 0) return () => ({});
  return (key) => {
    const { number, id } = placeOf(key);
    return { place: `id ${id} of shard ${names.get(number) ?? number}` };
  };
}

/**
 * The date's rows in the quarantine are those of the run that published it last: the run by which the rows of
 * `jobExecutionId` were replaced, or undefined when there is none.
 */
export async function replacedBy(
  database: Database,
  jobExecutionId: number,
  date: string,
): Promise<number | undefined> {
  const row = await database
    .knex('settle_statistics_run')
    .where({ business_date: date })
    .andWhere('job_execution_id', '>', jobExecutionId)
    .first('job_execution_id');
  return row === undefined ? undefined : toNumber(row.job_execution_id);
}

/** How many rows the run set aside. */
export async function countQuarantine(database: Database, jobExecutionId: number): Promise<number> {
  const [row] = await database.knex('settle_quarantine').where('job_execution_id', jobExecutionId).count({ rows: '*' });
  return toNumber(row.rows);
}

/** How many rows the run set aside, by reason, the most frequent first. */
export async function countQuarantineByReason(
  { knex }: Database,
  jobExecutionId: number,
): Promise<{ readonly reason: string; readonly rows: number }[]> {
  const counts: { reason: unknown; rows: unknown }[] = await knex('settle_quarantine')
    .where('job_execution_id', jobExecutionId)
    .groupBy('reason')
    .orderBy([{ column: 'rows', order: 'desc' }, 'reason'])
    .select('reason', knex.raw('count(*) AS `rows`'));
  return counts.map((row) => ({ reason: String(row.reason), rows: toNumber(row.rows) }));
}

/** How many rows each run has set aside that are still there, newest run first. */
export async function countQuarantineByExecution(
  database: Database,
): Promise<{ readonly jobExecutionId: number; readonly rows: number }[]> {
  const counts: { job_execution_id: unknown; rows: unknown }[] = await database
    .knex('settle_quarantine')
    .groupBy('job_execution_id')
    .orderBy('job_execution_id', 'desc')
    .select('job_execution_id', database.knex.raw('count(*) AS `rows`'));
  return counts.map((row) => ({ jobExecutionId: toNumber(row.job_execution_id), rows: toNumber(row.rows) }));
}
