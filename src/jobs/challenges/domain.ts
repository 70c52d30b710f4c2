/** Challenges: stakes, who reached the goal, how the pot is shared. */
import type { Domain } from '../../cli/domain.ts';
import { registerChallenge } from './commands/challenge.ts';
import { registerExplainPayout } from './commands/explain-payout.ts';

export const challengesDomain: Domain = {
  name: 'challenges',
  jobs: async () => [(await import('./settlement/definition.ts')).challengeSettlementJob],
  register(cli) {
    registerChallenge(cli);
    registerExplainPayout(cli);
  },
  errorRules: async () => (await import('./error-rules.ts')).challengesErrorRules,
  sources: async () => (await import('./sources.ts')).challengesSources,
  health: async () => (await import('./checks/health.ts')).challengesHealth,
};
