/** What `settle payments` shows of a date: classes with counts and sums, what a person looks at, and what changed since. */
import type { Database } from '../../database/database.ts';
import { type Row, toBigInt, toNumber, toText } from '../../database/values.ts';
import { type ClassTotals, type PaymentItem, readItems, readTotals } from './read-classes.ts';
import type { PaymentClass } from './rules/payment.ts';

/** Classes that nobody has to look at. */
const quiet: ReadonlySet<PaymentClass> = new Set(['matched']);

export interface RefusedPoints {
  readonly orderId: bigint;
  readonly approvalId: bigint;
  readonly amount: bigint;
  /** What the ledger is to do: post the points, or take them back. */
  readonly wanted: 'post' | 'reverse';
  readonly problem: string;
}

export interface PaymentsView {
  readonly date: string;
  readonly asOf: string;
  /** Undefined: no run has reconciled the date. */
  readonly run:
    | { readonly execution: number; readonly zone: string; readonly timeoutHours: number; readonly pointsDays: number }
    | undefined;
  readonly totals: ClassTotals;
  readonly items: readonly PaymentItem[];
  /** Items whose class is another one by now, or that a later night has found. */
  readonly changedSince: number;
  /** Of all dates: what the ledger refused, and the next night tries again. */
  readonly refused: readonly RefusedPoints[];
}

/**
 * @param asOf the last date whose run is looked at; `date` itself shows what its own run found
 * @param limit items of each class, and refused points
 */
export async function readPayments(
  { knex }: Database,
  date: string,
  asOf: string,
  limit: number,
): Promise<PaymentsView> {
  const run: Row | undefined = await knex('settle_payment_run').where({ business_date: date }).first();
  const totals = await readTotals(knex, date, asOf);
  const items: PaymentItem[] = [];
  for (const [paymentClass, { orders, approvals }] of totals) {
    if (quiet.has(paymentClass) || orders + approvals === 0n) continue;
    items.push(...(await readItems(knex, date, asOf, paymentClass, limit)));
  }
  const changed = await knex('settle_payment_class')
    .where({ business_date: date })
    .where('as_of_date', '>', asOf)
    .countDistinct({ items: knex.raw('order_id') });
  const refused: Row[] = await knex('settle_payment_posting')
    .whereNotNull('problem')
    .orderBy(['order_id', 'approval_id', 'seq'])
    .limit(limit)
    .select('order_id', 'approval_id', 'amount', 'state', 'problem');
  return {
    date,
    asOf,
    run:
      run === undefined
        ? undefined
        : {
            execution: toNumber(run.job_execution_id),
            zone: toText(run.zone),
            timeoutHours: toNumber(run.timeout_hours),
            pointsDays: toNumber(run.points_days),
          },
    totals,
    items,
    changedSince: toNumber(changed[0].items),
    refused: refused.map((row) => ({
      orderId: toBigInt(row.order_id),
      approvalId: toBigInt(row.approval_id),
      amount: toBigInt(row.amount),
      wanted: row.state === 'due' ? 'post' : 'reverse',
      problem: toText(row.problem),
    })),
  };
}
