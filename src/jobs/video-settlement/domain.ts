/** The settlement of videos: rate cards, what a date pays, adjustments of closed dates. */
import type { Domain } from '../../cli/domain.ts';
import { registerClose } from './commands/close.ts';
import { registerExplainSettlement } from './commands/explain-settlement.ts';
import { registerRates } from './commands/rates.ts';
import { registerReprice } from './commands/reprice.ts';
import { registerSettlement } from './commands/settlement.ts';

export const videoSettlementDomain: Domain = {
  name: 'video-settlement',
  jobs: async () => [(await import('./definition.ts')).videoSettlementJob],
  register(cli) {
    registerSettlement(cli);
    registerExplainSettlement(cli);
    registerClose(cli);
    registerRates(cli);
    registerReprice(cli);
  },
  health: async () => (await import('./checks/health.ts')).videoSettlementHealth,
};
