/** What `settle doctor` looks at for coupons. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, APPEND, APPEND_AND_UPDATE, READ, UPDATE } from '../../../doctor/privilege-sets.ts';

export const couponsHealth: DomainHealth = {
  columns: {
    coupon: { id: 'integer', quota: 'integer', opens_at: 'time', closes_at: 'time' },
    coupon_request: { id: 'integer', coupon_id: 'integer', user_id: 'integer', requested_at: 'time' },
  },
  privileges: {
    own: {
      settle_coupon_allocation: APPEND_AND_UPDATE,
      // Requests that arrive late move places.
      settle_coupon_issue: ALL,
      settle_coupon_refusal: ALL,
      settle_coupon_comparison: APPEND_AND_UPDATE,
      settle_coupon_difference: APPEND_AND_UPDATE,
      settle_outbox: APPEND,
      settle_outbox_next: UPDATE,
    },
    // Allocating locks a coupon.
    sources: { coupon: UPDATE, coupon_request: READ },
    imports: { coupon: ['INSERT', 'UPDATE'], coupon_request: ['INSERT', 'UPDATE'] },
  },
};
