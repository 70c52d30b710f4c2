/** What errors mean that name orders or approvals of payments. */
import { sourceTableRules } from '../source-table-rules.ts';

export const paymentsErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(payment_order|payment_approval)('|$)/,
  columns: [
    ['payment_approval', /(unknown column|no such column:?|has no column named) .*?\b(approved_at|order_id)\b/i],
    ['payment_order', /(unknown column|no such column:?|has no column named) .*?\bcreated_at\b/i],
  ],
});
