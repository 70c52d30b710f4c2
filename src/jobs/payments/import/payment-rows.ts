/** From records of text fields to rows of payment_order and payment_approval. */
import type { ColumnDefinition } from '../../import/columns.ts';
import { Fields } from '../../import/fields.ts';
import { INT64, ROW_ID, USER_ID } from '../../import/integer.ts';
import { LineProblem } from '../../import/line-problem.ts';
import { quote } from '../../import/quote.ts';
import type { Reading } from '../../import/reading.ts';
import type { InputRecord } from '../../import/records.ts';
import { approvalStatuses, orderStatuses } from '../rules/payment.ts';
import { type AmountUnit, parseAmount } from './amount.ts';

/** A line of either file. What identifies the row is `id`; `fixed` never changes, and `status` only moves on. */
export interface PaymentRow {
  readonly id: bigint;
  /** The user of an order, the order of an approval. */
  readonly ownerId: bigint;
  readonly amount: bigint;
  readonly status: string;
  /** created_at, or approved_at: milliseconds since 1970. */
  readonly atMs: number;
}

export const paymentOrderColumns: readonly ColumnDefinition[] = columnsOf([
  'id',
  'user_id',
  'amount',
  'status',
  'created_at',
]);
export const paymentApprovalColumns: readonly ColumnDefinition[] = columnsOf([
  'id',
  'order_id',
  'amount',
  'status',
  'approved_at',
]);

function columnsOf(names: readonly string[]): readonly ColumnDefinition[] {
  return names.map((name) => ({ name, required: true }));
}

/** The record holds the fields in the order of `paymentOrderColumns`. Throws a LineProblem. */
export function parsePaymentOrder(record: InputRecord, reading: Reading, unit: AmountUnit): PaymentRow {
  return parseRow(record, reading, unit, paymentOrderColumns, orderStatuses);
}

/** The record holds the fields in the order of `paymentApprovalColumns`. Throws a LineProblem. */
export function parsePaymentApproval(record: InputRecord, reading: Reading, unit: AmountUnit): PaymentRow {
  return parseRow(record, reading, unit, paymentApprovalColumns, approvalStatuses);
}

function parseRow(
  record: InputRecord,
  reading: Reading,
  unit: AmountUnit,
  columns: readonly ColumnDefinition[],
  statuses: readonly string[],
): PaymentRow {
  const places = columns.map((_, index) => index);
  const fields = new Fields(record, places, columns, reading);
  const status = fields.text(3);
  if (!statuses.includes(status)) {
    const shown = status === '' ? 'is empty' : `${quote(status)} is none of ${statuses.join(', ')}`;
    throw new LineProblem(`status ${shown}`);
  }
  return {
    id: fields.integer(0, ROW_ID),
    ownerId: fields.integer(1, columns === paymentOrderColumns ? USER_ID : INT64),
    amount: parseAmount('amount', fields.text(2), unit),
    status,
    atMs: fields.time(4),
  };
}
