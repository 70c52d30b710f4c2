/** Classes of payments for people and programs. Pure. */
import { formatCount } from '../../../cli/output/format.ts';
import { formatJson } from '../../../cli/output/json.ts';
import { formatPairs, formatTable } from '../../../cli/output/table.ts';
import type { PaymentExplanation } from '../explain-payment.ts';
import type { PaymentsView } from '../read-payments.ts';

export function paymentsCsv({ totals }: PaymentsView): string {
  const lines = [...totals].map(([name, { orders, approvals, orderedAmount, approvedAmount }]) =>
    [name, orders, approvals, orderedAmount, approvedAmount].join(','),
  );
  return ['class,orders,approvals,ordered_amount,approved_amount', ...lines, ''].join('\n');
}

export function paymentsJson({ totals, run, ...view }: PaymentsView): string {
  const classes = [...totals].map(([name, sides]) => ({ class: name, ...sides }));
  return formatJson({ ...view, run: run ?? null, classes });
}

export function paymentsText({ date, asOf, run, totals, items, changedSince, refused }: PaymentsView): string {
  const right = (header: string) => ({ header, align: 'right' as const });
  const columns = [
    { header: 'class' },
    right('orders'),
    right('approvals'),
    right('ordered_amount'),
    right('approved_amount'),
  ];
  const cells = [...totals].map(([name, sides]) => [
    name,
    ...[sides.orders, sides.approvals, sides.orderedAmount, sides.approvedAmount].map(formatCount),
  ]);
  const head = run === undefined ? 'not reconciled' : `execution ${run.execution}, ${run.zone}`;
  const texts = [`${date}${asOf === date ? '' : ` as of ${asOf}`}: ${head}\n`, formatTable(columns, cells)];
  if (items.length > 0) {
    const rows = items.map((item) => [
      item.paymentClass,
      String(item.orderId),
      item.approvalId === null ? '' : String(item.approvalId),
      formatCount(item.orderedAmount),
      formatCount(item.approvedAmount),
    ]);
    texts.push(
      '\n',
      formatTable([{ header: 'class' }, right('order'), right('approval'), right('ordered'), right('approved')], rows),
    );
  }
  for (const { orderId, amount, wanted, problem } of refused) {
    texts.push(
      `points of order ${orderId} (${formatCount(amount)}), to ${wanted}: ${problem}; the next night tries again\n`,
    );
  }
  if (changedSince > 0) {
    texts.push(
      `${formatCount(changedSince)} of these have changed since: --as-of DATE shows them as of a later night\n`,
    );
  }
  return texts.join('');
}

export function paymentExplanationText(explanation: PaymentExplanation): string {
  const { orderId, rule, order, approvals, history, points, refunds, sources } = explanation;
  const words = (row: Readonly<Record<string, unknown>>) =>
    Object.entries(row)
      .filter(([name]) => name !== 'order_id')
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  const pairs: [string, string][] = [
    ['order', order === null ? `${orderId}, which payment_order does not have` : words(order)],
    ...approvals.map((row): [string, string] => ['approval', words(row)]),
    ['rule', rule],
  ];
  for (const one of history) {
    const what = one.approvalId === null ? '' : `approval ${one.approvalId}: `;
    const counted = one.countedApprovalId === null ? '' : `, approval ${one.countedApprovalId} counts`;
    pairs.push([one.asOf, `${what}${one.class}${counted} (of ${one.businessDate}, by execution ${one.execution})`]);
  }
  for (const one of points) {
    const reversed = one.reversedOn === null ? '' : `, reversed on ${one.reversedOn}`;
    const problem = one.problem === null ? '' : `; ${one.problem}`;
    pairs.push([
      'points',
      `${formatCount(one.amount)} for user ${one.userId}, ${one.state}: ${one.journalKey} on ${one.businessDate}, ` +
        `expire ${one.expiresAt} UTC${reversed}${problem}`,
    ]);
  }
  for (const one of refunds) {
    pairs.push([
      'refund',
      `of approval ${one.approvalId}, ${formatCount(one.amount)} won, ${one.state} on ${one.businessDate}: ${one.reason}`,
    ]);
  }
  pairs.push(['source rows', sources.order], ['', sources.approvals]);
  return formatPairs(pairs);
}
