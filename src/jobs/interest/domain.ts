/** Interest of deposits: products, what accrues a day, what is capitalised. */
import type { Domain } from '../../cli/domain.ts';
import { registerExplainInterest } from './commands/explain-interest.ts';
import { registerInterest } from './commands/interest.ts';

export const interestDomain: Domain = {
  name: 'interest',
  jobs: async () => [(await import('./definition.ts')).interestAccrualJob],
  register(cli) {
    registerInterest(cli);
    registerExplainInterest(cli);
  },
  errorRules: async () => (await import('./error-rules.ts')).interestErrorRules,
  health: async () => (await import('./checks/health.ts')).interestHealth,
};
