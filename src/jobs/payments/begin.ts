/**
 * Where payments begin: at the first date whose reconciliation has begun here. A night that fails or is abandoned midway
 * counts, so that the next one takes in what it left.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Executor } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { Row } from '../../database/values.ts';
import type { StepContext } from '../../engine/step-context.ts';

/** What the threads of a reconciliation are told. */
export interface SharedBeginning {
  /** Start of the first date that is reconciled. What is older and has no class belongs to nobody. */
  readonly since: string;
}

const target: InsertTarget = {
  table: 'settle_payment_begun',
  columns: ['business_date'],
  mode: 'ignore',
  keys: ['business_date'],
};

/** Notes that the run's date has begun. Asked at each start, when there are partitions to run. */
export async function beginPayments({ database, parameters, transaction }: StepContext): Promise<SharedBeginning> {
  const date = parameters.require('date');
  return await transaction(async (tx) => {
    await bulkInsert(tx, database.dialect, target, [[date]]);
    return { since: await firstDate(tx, date) };
  });
}

/** Dates without payments, and those of before version 0.2, are in settle_payment_run alone. */
async function firstDate(executor: Executor, date: string): Promise<string> {
  const firsts: (Row | undefined)[] = [];
  for (const table of ['settle_payment_begun', 'settle_payment_run'])
    firsts.push(await executor(table).min({ first: 'business_date' }).first());
  return firsts.map((row) => String(row?.first ?? date)).reduce((least, one) => (one < least ? one : least), date);
}
