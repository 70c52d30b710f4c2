/** The plan of an accrual: ranges of account ids with about equally many accounts. Without accounts there is none. */
import type { Executor } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import type { PartitionPlan, PlannedPartition } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';

/** Ranges for each worker: a range that takes longer does not keep the others waiting. */
const partitionsPerWorker = 4;
/** A range with fewer accounts is not worth a partition of its own. */
const partitionAccountsMin = 2_000;
const idMin = -(2n ** 63n);
const idMax = 2n ** 63n - 1n;

export async function planAccrual(
  { database: { knex }, options }: StepContext,
  gridSize: number | undefined,
): Promise<PartitionPlan> {
  if (!(await hasAccounts(knex))) return { partitions: [], detail: null };
  const [{ rows }] = await knex('deposit_account').count({ rows: '*' });
  const accounts = toNumber(rows);
  const wanted = gridSize ?? Math.min(options.workers * partitionsPerWorker, accounts / partitionAccountsMin);
  const count = Math.min(Math.max(1, Math.ceil(wanted)), accounts);
  const partitions: PlannedPartition[] = [];
  // The first and the last range have no bounds: entries of accounts that are missing must turn up somewhere.
  for (let minId = idMin, left = accounts; ; ) {
    const size = Math.ceil(left / (count - partitions.length));
    const next = left === size ? undefined : await idAt(knex, minId, size);
    partitions.push({ minId, maxId: next === undefined ? idMax : next - 1n, rowsExpected: size });
    if (next === undefined) return { partitions, detail: null };
    minId = next;
    left -= size;
  }
}

export async function hasAccounts(executor: Executor): Promise<boolean> {
  return (await executor('deposit_account').first('id')) !== undefined;
}

/** The id of the account so many places behind the first one from `from` on. */
async function idAt(executor: Executor, from: bigint, offset: number): Promise<bigint | undefined> {
  const row = await executor('deposit_account')
    .where('id', '>=', from.toString())
    .orderBy('id')
    .offset(offset)
    .first('id');
  return row === undefined ? undefined : toBigInt(row.id);
}
