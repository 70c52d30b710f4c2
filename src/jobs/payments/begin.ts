/**
 * Where payments begin: at the first date whose reconciliation has begun here. A night that fails or is abandoned midway
 * counts, so that the next one takes in what it left.
 */
import type { Executor } from '../../database/database.ts';
import type { Row } from '../../database/values.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { claimPayments } from './claim.ts';

/** What the threads of a reconciliation are told. */
export interface SharedBeginning {
  /** Start of the first date that is reconciled. What is older and has no class belongs to nobody. */
  readonly since: string;
}

/** Takes the claim and notes that the run's date has begun. Asked at each start, when there are partitions to run. */
export async function beginPayments(context: StepContext): Promise<SharedBeginning> {
  await claimPayments(context);
  return { since: await firstDate(context.database.knex, context.parameters.require('date')) };
}

/** Dates of before version 0.2 are in settle_payment_run alone. */
async function firstDate(executor: Executor, date: string): Promise<string> {
  const firsts: (Row | undefined)[] = [];
  for (const table of ['settle_payment_begun', 'settle_payment_run'])
    firsts.push(await executor(table).min({ first: 'business_date' }).first());
  return firsts.map((row) => String(row?.first ?? date)).reduce((least, one) => (one < least ? one : least), date);
}
