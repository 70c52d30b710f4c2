/** Stock: what of a product is on hand, and what of it is reserved. */
import type { Domain } from '../../cli/domain.ts';
import { registerStock } from './commands/stock.ts';

export const stockDomain: Domain = {
  name: 'stock',
  jobs: async () => [(await import('./settlement/definition.ts')).stockSettlementJob],
  register: registerStock,
  errorRules: async () => (await import('./error-rules.ts')).stockErrorRules,
  health: async () => (await import('./checks/health.ts')).stockHealth,
};
