/** Why an order is in its class, and what became of its points and refunds: `settle explain payment`. */
import type { Database } from '../../database/database.ts';
import { type Row, toBigInt, toNumber, toText, toTextOrNull } from '../../database/values.ts';
import { usageError } from '../../errors.ts';

export const paymentRule =
  'the first that applies: cancelled (the order, or all its approvals), approved-twice (the first by approved_at and id ' +
  'counts, the others are refunded), amount-differs, matched, pending (no approval, within the time-out), failed';

export interface PaymentExplanation {
  readonly orderId: bigint;
  readonly rule: string;
  /** As the tables have them now; null: there is no such order. */
  readonly order: Readonly<Record<string, unknown>> | null;
  readonly approvals: readonly Readonly<Record<string, unknown>>[];
  readonly history: readonly {
    /** Null: the order; otherwise an approval while it had no order. */
    readonly approvalId: bigint | null;
    readonly businessDate: string;
    readonly asOf: string;
    readonly class: string;
    readonly countedApprovalId: bigint | null;
    readonly execution: number;
  }[];
  readonly points: readonly {
    readonly approvalId: bigint;
    readonly userId: bigint;
    readonly amount: bigint;
    readonly state: string;
    readonly journalKey: string;
    readonly businessDate: string;
    readonly expiresAt: string;
    readonly reversedOn: string | null;
    readonly problem: string | null;
  }[];
  readonly refunds: readonly {
    readonly approvalId: bigint;
    readonly amount: bigint;
    readonly state: string;
    readonly reason: string;
    readonly businessDate: string;
  }[];
  readonly sources: { readonly order: string; readonly approvals: string };
}

/** @throws SettleError (exit 2) when nothing is known of the order */
export async function explainPayment({ knex }: Database, orderId: bigint): Promise<PaymentExplanation> {
  const id = String(orderId);
  const order: Row | undefined = await knex('payment_order').where({ id }).first();
  const approvals: Row[] = await knex('payment_approval').where({ order_id: id }).orderBy('id');
  const of = (table: string): Promise<Row[]> => knex(table).where({ order_id: id }).select('*');
  const classes = (await of('settle_payment_class')).sort(
    (a, b) =>
      Number(toBigInt(a.approval_id) - toBigInt(b.approval_id)) ||
      toText(a.as_of_date).localeCompare(toText(b.as_of_date)) ||
      toNumber(a.seq) - toNumber(b.seq),
  );
  if (order === undefined && approvals.length === 0 && classes.length === 0) {
    throw usageError(`there is no payment order ${id}, and no approval names it`);
  }
  return {
    orderId,
    rule: paymentRule,
    order: order ?? null,
    approvals,
    history: classes.map((row) => ({
      approvalId: toBigInt(row.approval_id) === 0n ? null : toBigInt(row.approval_id),
      businessDate: toText(row.business_date),
      asOf: toText(row.as_of_date),
      class: toText(row.class),
      countedApprovalId: row.counted_approval_id === null ? null : toBigInt(row.counted_approval_id),
      execution: toNumber(row.job_execution_id),
    })),
    points: (await of('settle_payment_posting')).map((row) => ({
      approvalId: toBigInt(row.approval_id),
      userId: toBigInt(row.user_id),
      amount: toBigInt(row.amount),
      state: toText(row.state),
      journalKey: toText(row.journal_key),
      businessDate: toText(row.business_date),
      expiresAt: toText(row.expires_at),
      reversedOn: toTextOrNull(row.reversed_date),
      problem: toTextOrNull(row.problem),
    })),
    refunds: (await of('settle_payment_refund')).map((row) => ({
      approvalId: toBigInt(row.approval_id),
      amount: toBigInt(row.amount),
      state: toText(row.state),
      reason: toText(row.reason),
      businessDate: toText(row.business_date),
    })),
    sources: {
      order: `SELECT * FROM payment_order WHERE id = ${id}`,
      approvals: `SELECT * FROM payment_approval WHERE order_id = ${id} ORDER BY approved_at, id`,
    },
  };
}
