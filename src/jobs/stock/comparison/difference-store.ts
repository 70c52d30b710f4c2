/** Statements on settle_stock_difference: counters in Redis that differ from what is available. */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { toBigInt, toNumber, toText, toTextOrNull } from '../../../database/values.ts';
import type { CounterKind } from '../rules/counter.ts';

export interface CounterDifference {
  readonly productId: bigint;
  /** Null: there is none. At most 190 characters. */
  readonly counter: string | null;
  /** Units, by the database. */
  readonly available: bigint;
  readonly kind: CounterKind;
  readonly isRepaired: boolean;
}

const TABLE = 'settle_stock_difference';
const KINDS: readonly CounterKind[] = ['differs', 'missing', 'unreadable', 'moving'];

/** Overwrites those that are there. */
export async function putDifferences(
  { dialect }: Database,
  tx: Transaction,
  jobExecutionId: number,
  differences: readonly CounterDifference[],
): Promise<void> {
  await bulkInsert(
    tx,
    dialect,
    {
      table: TABLE,
      columns: ['job_execution_id', 'product_id', 'counter', 'available', 'kind', 'is_repaired'],
      mode: 'replace-values',
      keys: ['job_execution_id', 'product_id'],
    },
    differences.map((one) => [
      jobExecutionId,
      one.productId,
      one.counter,
      one.available,
      one.kind,
      one.isRepaired ? 1 : 0,
    ]),
  );
}

export async function dropDifferences(
  tx: Transaction,
  jobExecutionId: number,
  productIds: readonly bigint[],
): Promise<void> {
  if (productIds.length === 0) return;
  await tx.raw(
    `DELETE FROM ${TABLE} WHERE job_execution_id = ${jobExecutionId} AND product_id IN (${productIds.join(',')})`,
  );
}

/** At most `limit` of an execution, by product, after `after`. */
export async function pageDifferences(
  executor: Executor,
  jobExecutionId: number,
  after: bigint | undefined,
  limit: number,
): Promise<CounterDifference[]> {
  const later = after === undefined ? '' : `AND product_id > ${after}`;
  const sql = `SELECT product_id, counter, available, kind, is_repaired FROM ${TABLE}
    WHERE job_execution_id = ${jobExecutionId} ${later} ORDER BY product_id LIMIT ${limit}`;
  return rowsOf(await executor.raw(sql)).map((row) => ({
    productId: toBigInt(row.product_id),
    counter: toTextOrNull(row.counter),
    available: toBigInt(row.available),
    kind: toKind(row.kind),
    isRepaired: toNumber(row.is_repaired) === 1,
  }));
}

function toKind(value: unknown): CounterKind {
  const text = toText(value);
  const kind = KINDS.find((one) => one === text);
  if (kind === undefined) throw new TypeError(`not a kind of difference: ${text}`);
  return kind;
}
