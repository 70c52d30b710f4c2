/** Counts, sums and lists of classes as of a date. */
import type { Executor } from '../../database/database.ts';
import { type Row, toBigInt, toText } from '../../database/values.ts';
import { toSides } from './result-store.ts';
import { type PaymentClass, paymentClasses } from './rules/payment.ts';
import { noSides, type Sides } from './rules/sides.ts';

/** By class, every class of the rules in its order; `set-aside` behind them where there is any. */
export type ClassTotals = ReadonlyMap<PaymentClass, Sides>;

/**
 * Rows of a date's items, each by its last class as of a date: binds the date and, twice, the other one. A date that is run
 * again writes later, and changes nothing of what the nights after it found.
 */
const lastOf = `FROM settle_payment_class c WHERE c.business_date = ? AND c.as_of_date <= ?
  AND c.class NOT IN ('order-came', 'gone')
  AND NOT EXISTS (SELECT 1 FROM settle_payment_class n WHERE n.order_id = c.order_id AND n.approval_id = c.approval_id
    AND n.as_of_date <= ? AND (n.as_of_date > c.as_of_date OR (n.as_of_date = c.as_of_date AND n.seq > c.seq)))`;

/** The classes of the items of `date`, as the newest run of a date up to `asOf` found them. */
export async function readTotals(executor: Executor, date: string, asOf: string): Promise<ClassTotals> {
  const rows = rowsOf(
    await executor.raw(
      `SELECT c.class, SUM(c.orders) AS orders, SUM(c.approvals) AS approvals, SUM(c.ordered_amount) AS ordered_amount,
        SUM(c.approved_amount) AS approved_amount ${lastOf} GROUP BY c.class`,
      [date, asOf, asOf],
    ),
  );
  const totals = new Map<PaymentClass, Sides>(paymentClasses.map((one) => [one, noSides]));
  for (const row of rows) totals.set(toText(row.class) as PaymentClass, toSides(row));
  return totals;
}

export interface PaymentItem extends Sides {
  readonly paymentClass: PaymentClass;
  readonly orderId: bigint;
  /** Of an approval without order; null: an order. */
  readonly approvalId: bigint | null;
}

/** Items of the classes that a person looks at, by class and id; at most `limit` of each class. */
export async function readItems(
  executor: Executor,
  date: string,
  asOf: string,
  paymentClass: PaymentClass,
  limit: number,
): Promise<PaymentItem[]> {
  const rows = rowsOf(
    await executor.raw(
      `SELECT c.order_id, c.approval_id, c.orders, c.approvals, c.ordered_amount, c.approved_amount ${lastOf}
        AND c.class = ? ORDER BY c.order_id, c.approval_id LIMIT ${limit}`,
      [date, asOf, asOf, paymentClass],
    ),
  );
  return rows.map((row) => {
    const approvalId = toBigInt(row.approval_id);
    return {
      paymentClass,
      orderId: toBigInt(row.order_id),
      approvalId: approvalId === 0n ? null : approvalId,
      ...toSides(row),
    };
  });
}

/** What `knex.raw` gives for a SELECT: the rows on SQLite, the rows and their columns on servers. */
function rowsOf(result: unknown): Row[] {
  if (!Array.isArray(result)) throw new TypeError('not the result of a SELECT');
  return Array.isArray(result[0]) ? result[0] : result;
}
