/**
 * Which class an order with its approvals is in, and what follows from it (domain.md section 11). Pure. Points and refunds
 * depend on the rows alone; only `pending` and `failed` depend on the date.
 */
import { type Approval, amountMax, approvalStatuses, type Order, orderStatuses, type PaymentClass } from './payment.ts';

export interface Classified {
  readonly paymentClass: PaymentClass;
  /** The approval whose points are posted, and that names their journal; undefined: no points. */
  readonly counted: Approval | undefined;
  /** Approvals that the provider is to refund. */
  readonly refunds: readonly Approval[];
  /** Why it is set aside. */
  readonly problem: string | undefined;
}

export interface ClassifyTerms {
  /** End of the date that is reconciled, in milliseconds since 1970. */
  readonly endMs: number;
  readonly timeoutMs: number;
}

/** @param approvals all of the order's, in any order */
export function classifyOrder(order: Order, approvals: readonly Approval[], terms: ClassifyTerms): Classified {
  const problem = problemOf(order) ?? approvals.map(problemOfApproval).find((one) => one !== undefined);
  if (problem !== undefined) return { paymentClass: 'set-aside', counted: undefined, refunds: [], problem };
  const approved = approvals.filter(({ status }) => status === 'APPROVED').sort(byTime);
  const plain = (paymentClass: PaymentClass): Classified => {
    return { paymentClass, counted: undefined, refunds: [], problem: undefined };
  };
  if (order.status === 'CANCELLED') return { ...plain('cancelled'), refunds: approved };
  if (approvals.length > 0 && approved.length === 0) return plain('cancelled');
  if (approved.length > 1) return { ...plain('approved-twice'), counted: approved[0], refunds: approved.slice(1) };
  if (approved.length === 1) {
    return approved[0].amount === order.amount
      ? { ...plain('matched'), counted: approved[0] }
      : plain('amount-differs');
  }
  return plain(terms.endMs - order.createdMs < terms.timeoutMs ? 'pending' : 'failed');
}

/** Of an approval whose order is unknown. Nothing is refunded: its order may still come. */
export function classifyStray(approval: Approval): { readonly paymentClass: PaymentClass; readonly problem?: string } {
  const problem = problemOfApproval(approval);
  if (problem !== undefined) return { paymentClass: 'set-aside', problem };
  return { paymentClass: approval.status === 'CANCELLED' ? 'cancelled' : 'approved-without-order' };
}

function byTime(a: Approval, b: Approval): number {
  if (a.approvedMs !== b.approvedMs) return a.approvedMs - b.approvedMs;
  return a.id < b.id ? -1 : 1;
}

function problemOf({ id, userId, amount, status, createdMs }: Order): string | undefined {
  if (!orderStatuses.some((one) => one === status)) return `the status of order ${id} is ${JSON.stringify(status)}`;
  if (amount < 0n || amount > amountMax) return `the amount of order ${id} is ${amount}`;
  if (userId < 0n) return `the user of order ${id} is ${userId}`;
  if (Number.isNaN(createdMs)) return `created_at of order ${id} is no time`;
  return undefined;
}

function problemOfApproval({ id, amount, status, approvedMs }: Approval): string | undefined {
  if (id < 1n) return `${id} is no id of an approval`;
  if (!approvalStatuses.some((one) => one === status)) {
    return `the status of approval ${id} is ${JSON.stringify(status)}`;
  }
  if (amount < 0n || amount > amountMax) return `the amount of approval ${id} is ${amount}`;
  if (Number.isNaN(approvedMs)) return `approved_at of approval ${id} is no time`;
  return undefined;
}
