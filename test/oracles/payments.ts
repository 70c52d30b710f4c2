/** What orders and approvals come to, by plain loops over all rows (domain.md section 11). Imports nothing of src. */

export interface OracleOrder {
  readonly id: number;
  readonly userId: number;
  readonly amount: number;
  readonly status: 'CREATED' | 'PAID' | 'CANCELLED';
  /** Milliseconds since 1970. */
  readonly createdMs: number;
}

export interface OracleApproval {
  readonly id: number;
  readonly orderId: number;
  readonly amount: number;
  readonly status: 'APPROVED' | 'CANCELLED';
  readonly approvedMs: number;
}

export interface OraclePayments {
  readonly orders: readonly OracleOrder[];
  readonly approvals: readonly OracleApproval[];
}

const names = [
  'matched',
  'approved-without-order',
  'pending',
  'failed',
  'amount-differs',
  'approved-twice',
  'cancelled',
];
const DAY_MS = 86_400_000;
/** Asia/Seoul is nine hours ahead, without summer time in these years. */
const SEOUL_MS = 9 * 3_600_000;

export function seoulDay(date: string): { readonly startMs: number; readonly endMs: number } {
  const startMs = Date.parse(`${date}T00:00:00Z`) - SEOUL_MS;
  return { startMs, endMs: startMs + DAY_MS };
}

export function oracleClass(order: OracleOrder, approvals: readonly OracleApproval[], endMs: number): string {
  const own = approvals.filter((one) => one.orderId === order.id);
  const approved = own.filter((one) => one.status === 'APPROVED');
  if (order.status === 'CANCELLED') return 'cancelled';
  if (own.length > 0 && approved.length === 0) return 'cancelled';
  if (approved.length > 1) return 'approved-twice';
  if (approved.length === 1) return approved[0].amount === order.amount ? 'matched' : 'amount-differs';
  return endMs - order.createdMs < DAY_MS ? 'pending' : 'failed';
}

/** The CSV that `settle payments --date D --format csv` is to print right after D was reconciled. */
export function oracleCsv({ orders, approvals }: OraclePayments, date: string): string {
  const { startMs, endMs } = seoulDay(date);
  const rows = new Map(names.map((name) => [name, [0, 0, 0, 0]]));
  const add = (name: string, values: readonly number[]) => {
    const row = rows.get(name)!;
    values.forEach((value, at) => {
      row[at] += value;
    });
  };
  for (const order of orders) {
    if (order.createdMs < startMs || order.createdMs >= endMs) continue;
    const own = approvals.filter((one) => one.orderId === order.id);
    const sum = own.reduce((total, { amount }) => total + amount, 0);
    add(oracleClass(order, approvals, endMs), [1, own.length, order.amount, sum]);
  }
  for (const one of approvals) {
    if (one.approvedMs < startMs || one.approvedMs >= endMs || orders.some(({ id }) => id === one.orderId)) continue;
    add(one.status === 'CANCELLED' ? 'cancelled' : 'approved-without-order', [0, 1, 0, one.amount]);
  }
  const lines = [...rows].map(([name, values]) => [name, ...values].join(','));
  return ['class,orders,approvals,ordered_amount,approved_amount', ...lines, ''].join('\n');
}

/** Points that each user has, and approvals whose refund is asked for, when all rows have been looked at. */
export function oracleMoney({ orders, approvals }: OraclePayments): {
  readonly points: ReadonlyMap<number, number>;
  readonly refunds: readonly number[];
} {
  const points = new Map<number, number>();
  const refunds: number[] = [];
  for (const order of orders) {
    const approved = approvals
      .filter((one) => one.orderId === order.id && one.status === 'APPROVED')
      .sort((a, b) => a.approvedMs - b.approvedMs || a.id - b.id);
    const name = oracleClass(order, approvals, 0);
    if (name === 'matched' || name === 'approved-twice')
      points.set(order.userId, (points.get(order.userId) ?? 0) + order.amount);
    if (name === 'approved-twice') refunds.push(...approved.slice(1).map(({ id }) => id));
    if (order.status === 'CANCELLED') refunds.push(...approved.map(({ id }) => id));
  }
  return { points, refunds: refunds.sort((a, b) => a - b) };
}
