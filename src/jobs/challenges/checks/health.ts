/** What `settle doctor` looks at for challenges. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { APPEND, READ, UPDATE } from '../../../doctor/privilege-sets.ts';
import { challengesSources } from '../sources.ts';

export const challengesHealth: DomainHealth = {
  imprecision: 'views 29.6 s apart may count as 30 s apart',
  columns: Object.fromEntries(challengesSources.map(({ table, columns }) => [table, columns])),
  privileges: {
    own: {
      settle_challenge: APPEND,
      settle_payout: APPEND,
      settle_outbox: APPEND,
      settle_outbox_next: UPDATE,
    },
    // Settling locks a challenge and sets its status.
    sources: { challenge: UPDATE, challenge_member: READ, challenge_proof: READ },
    imports: {
      challenge: ['INSERT'],
      challenge_member: ['INSERT', 'UPDATE'],
      challenge_proof: ['INSERT', 'UPDATE'],
    },
  },
};
