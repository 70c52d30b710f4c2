/** What orders and approvals are, and the classes that a reconciliation puts them into (domain.md section 11). Pure. */

export const orderStatuses = ['CREATED', 'PAID', 'CANCELLED'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const approvalStatuses = ['APPROVED', 'CANCELLED'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** In the order in which `settle payments` lists them. */
export const paymentClasses = [
  'matched',
  'approved-without-order',
  'pending',
  'failed',
  'amount-differs',
  'approved-twice',
  'cancelled',
] as const;
/** `set-aside`: rows that contradict the rules of the tables; a person corrects them, and the next night looks again. */
export type PaymentClass = (typeof paymentClasses)[number] | 'set-aside';

/** A row of payment_order. The amount is whole won; `createdMs` is NaN where the column holds no time. */
export interface Order {
  readonly id: bigint;
  readonly userId: bigint;
  readonly amount: bigint;
  readonly status: string;
  readonly createdMs: number;
}

/** A row of payment_approval. The amount is whole won; `approvedMs` is NaN where the column holds no time. */
export interface Approval {
  readonly id: bigint;
  readonly orderId: bigint;
  readonly amount: bigint;
  readonly status: string;
  readonly approvedMs: number;
}

/** Default time that an order may be without an approval, in hours, from created_at to the end of the date. */
export const defaultTimeoutHours = 24;
/** Default life of the points of a payment, in days from the approval: five years. */
export const defaultPointsDays = 1825;

/** The largest amount of an order or an approval, in won: sums of nine thousand such still fit 63 bits. */
export const amountMax = 10n ** 15n;
