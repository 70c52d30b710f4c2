/** What errors mean that name challenges, their members or their proofs. */
import { sourceTableRules } from '../source-table-rules.ts';

export const challengesErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(challenge|challenge_member|challenge_proof)('|$)/,
  columns: [
    [
      'challenge',
      /(unknown column|no such column:?|has no column named) .*?\b(start_date|end_date|min_members|threshold_percent|fee_bp|no_winner_policy)\b/i,
    ],
    ['challenge_member', /(unknown column|no such column:?|has no column named) .*?\b(joined_at|quit_at)\b/i],
    ['challenge_proof', /(unknown column|no such column:?|has no column named) .*?\bproof_date\b/i],
  ],
});
