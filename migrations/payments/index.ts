/** Orders, approvals of the provider, and their reconciliation. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as paymentOrder } from './0841_payment_order.ts';
import { migration as paymentApproval } from './0842_payment_approval.ts';
import { migration as settlePaymentClass } from './0843_settle_payment_class.ts';
import { migration as settlePaymentPosting } from './0844_settle_payment_posting.ts';
import { migration as settlePaymentRefund } from './0845_settle_payment_refund.ts';
import { migration as settlePaymentRead } from './0846_settle_payment_read.ts';
import { migration as settlePaymentRun } from './0847_settle_payment_run.ts';
import { migration as settlePaymentBegun } from './0930_settle_payment_begun.ts';
import { migration as settlePaymentClaim } from './0940_settle_payment_claim.ts';

export const paymentsMigrations: readonly Migration[] = [
  paymentOrder,
  paymentApproval,
  settlePaymentClass,
  settlePaymentPosting,
  settlePaymentRefund,
  settlePaymentRead,
  settlePaymentRun,
  settlePaymentBegun,
  settlePaymentClaim,
];
