/** The plan of a reconciliation: ranges of order ids with about equally many orders. Empty where there are no payments. */
import type { Database } from '../../database/database.ts';
import { type Row, toBigInt, toNumber } from '../../database/values.ts';
import type { PartitionPlan, PlannedPartition } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';

/** Ranges for each worker: a range that takes longer does not keep the others waiting. */
const partitionsPerWorker = 4;
/** A range with fewer orders is not worth a partition of its own. */
const ordersMin = 20_000;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export async function planReconciliation(context: StepContext, gridSize: number | undefined): Promise<PartitionPlan> {
  const { database, options } = context;
  const { knex } = database;
  const tables = ['payment_order', 'payment_approval', 'settle_payment_class'];
  const found = await Promise.all(tables.map((table) => knex(table).first(knex.raw('1'))));
  if (found.every((row) => row === undefined)) return { partitions: [], detail: null };
  const [orders, approvals] = await Promise.all([countRows(database, tables[0]), countRows(database, tables[1])]);
  const by =
    orders > 0 ? { table: tables[0], key: 'id', rows: orders } : { table: tables[1], key: 'order_id', rows: approvals };
  const wanted = gridSize ?? Math.min(options.workers * partitionsPerWorker, orders / ordersMin);
  const count = Math.max(1, Math.ceil(wanted));
  const ends: bigint[] = [];
  const step = Math.ceil(by.rows / count);
  for (let last: bigint | undefined; ends.length < count - 1; ) {
    const query = knex(by.table)
      .orderBy(by.key)
      .limit(1)
      .offset(step - 1);
    if (last !== undefined) query.where(by.key, '>', String(last));
    const row: Row | undefined = (await query.select(by.key))[0];
    if (row === undefined) break;
    last = toBigInt(row[by.key]);
    ends.push(last);
  }
  return { partitions: rangesOf(ends, Math.ceil((orders + approvals) / (ends.length + 1))), detail: null };
}

async function countRows({ knex }: Database, table: string): Promise<number> {
  return toNumber((await knex(table).count({ rows: '*' }))[0].rows);
}

/** The ranges that end at these ids, and one behind them: together all ids that there can be, also of rows that come later. */
function rangesOf(ends: readonly bigint[], rowsExpected: number): PlannedPartition[] {
  const inner = ends.filter((end) => end < INT64_MAX);
  return [...inner, INT64_MAX].map((maxId, at) => ({
    minId: at === 0 ? INT64_MIN : inner[at - 1] + 1n,
    maxId,
    rowsExpected,
  }));
}
