/** What errors mean that name coupons or requests for them. */
import { sourceTableRules } from '../source-table-rules.ts';

export const couponsErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(coupon|coupon_request)('|$)/,
  columns: [
    ['coupon', /(unknown column|no such column:?|has no column named) .*?\b(quota|opens_at|closes_at)\b/i],
    ['coupon_request', /(unknown column|no such column:?|has no column named) .*?\brequested_at\b/i],
  ],
});
