/** What `settle doctor` looks at for interest. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, APPEND, APPEND_AND_UPDATE, READ } from '../../../doctor/privilege-sets.ts';

export const interestHealth: DomainHealth = {
  columns: {
    deposit_account: { id: 'integer', product: 'text', opened_on: 'date', closed_on: 'date' },
    deposit_entry: { id: 'integer', account_id: 'integer', value_date: 'date', amount: 'integer' },
  },
  privileges: {
    own: {
      settle_deposit_product: APPEND,
      // Days of open dates are computed again, and taken away where an account did not accrue after all.
      settle_interest_day: ALL,
      settle_interest_posting: APPEND,
      settle_interest_ended: ALL,
      settle_interest_date: APPEND_AND_UPDATE,
      settle_interest_claim: APPEND_AND_UPDATE,
    },
    sources: { deposit_account: READ, deposit_entry: READ },
    imports: { deposit_account: ['INSERT', 'UPDATE'], deposit_entry: ['INSERT'] },
  },
};
