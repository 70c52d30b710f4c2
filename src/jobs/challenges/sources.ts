/** The tables of the platform that challenges are read from. Imports no job: the start of every command asks for them. */
import type { SourceTable } from '../../mapping/mapping.ts';

export const challengesSources: readonly SourceTable[] = [
  {
    setting: 'challenges',
    table: 'challenge',
    columns: {
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
    updates: ['status'],
  },
  {
    setting: 'members',
    table: 'challenge_member',
    columns: {
      id: 'integer',
      challenge_id: 'integer',
      user_id: 'integer',
      stake: 'integer',
      joined_at: 'time',
      quit_at: 'time',
    },
  },
  {
    setting: 'proofs',
    table: 'challenge_proof',
    columns: { id: 'integer', challenge_id: 'integer', user_id: 'integer', proof_date: 'date' },
  },
];
