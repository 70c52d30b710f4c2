/** What `settle doctor` looks at for payments. */
import type { DomainHealth } from '../../doctor/check.ts';
import { ALL, APPEND, APPEND_AND_UPDATE, READ } from '../../doctor/privilege-sets.ts';

export const paymentsHealth: DomainHealth = {
  imprecision: 'an order of the last second of a date may count on the next one',
  columns: {
    payment_order: { id: 'integer', user_id: 'integer', amount: 'integer', status: 'text', created_at: 'time' },
    payment_approval: { id: 'integer', order_id: 'integer', amount: 'integer', status: 'text', approved_at: 'time' },
  },
  privileges: {
    own: {
      settle_payment_class: APPEND,
      settle_payment_posting: ALL,
      settle_payment_refund: ALL,
      settle_payment_read: ALL,
      settle_payment_run: ALL,
      settle_payment_begun: APPEND_AND_UPDATE,
      settle_payment_claim: APPEND_AND_UPDATE,
    },
    sources: { payment_order: READ, payment_approval: READ },
    imports: { payment_order: ['INSERT', 'UPDATE'], payment_approval: ['INSERT', 'UPDATE'] },
  },
};
