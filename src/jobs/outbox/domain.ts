/** Deliveries: what settlements tell others, out of the outbox. */
import type { Domain } from '../../cli/domain.ts';
import { registerOutbox } from './commands/outbox.ts';
import { registerRelay } from './commands/relay.ts';

export const outboxDomain: Domain = {
  name: 'outbox',
  jobs: async () => [(await import('./definition.ts')).deliverJob],
  register: (cli) => {
    registerRelay(cli);
    registerOutbox(cli);
  },
  purge: async (database, before, isDryRun) =>
    await (await import('./store/purge-outbox.ts')).purgeOutbox(database, before, isDryRun),
  health: async () => (await import('./checks/health.ts')).outboxHealth,
};
