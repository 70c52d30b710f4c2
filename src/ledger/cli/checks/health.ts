/** What `settle doctor` looks at for the ledger. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { APPEND, APPEND_AND_UPDATE, UPDATE } from '../../../doctor/privilege-sets.ts';
import { ledgerCheck } from './ledger.ts';

export const ledgerHealth: DomainHealth = {
  checks: [ledgerCheck],
  privileges: {
    own: {
      settle_journal: APPEND,
      settle_entry: APPEND,
      settle_consumption: APPEND,
      settle_lot: APPEND_AND_UPDATE,
      settle_account: APPEND_AND_UPDATE,
      settle_ledger_head: UPDATE,
      settle_ledger_verification: APPEND_AND_UPDATE,
    },
  },
};
