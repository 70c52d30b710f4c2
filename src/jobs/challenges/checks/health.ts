/** What `settle doctor` looks at for challenges. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { APPEND, READ, UPDATE } from '../../../doctor/privilege-sets.ts';

export const challengesHealth: DomainHealth = {
  imprecision: 'views 29.6 s apart may count as 30 s apart',
  columns: {
    challenge: {
      id: 'integer',
      status: 'text',
      start_date: 'date',
      end_date: 'date',
      min_members: 'integer',
      stake: 'integer',
      threshold_percent: 'integer',
      fee_bp: 'integer',
      no_winner_policy: 'text',
    },
    challenge_member: {
      id: 'integer',
      challenge_id: 'integer',
      user_id: 'integer',
      stake: 'integer',
      joined_at: 'time',
      quit_at: 'time',
    },
    challenge_proof: { id: 'integer', challenge_id: 'integer', user_id: 'integer', proof_date: 'date' },
  },
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
