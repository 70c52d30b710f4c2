/** The service as the command line has it. */
import type { Domain } from '../cli/domain.ts';
import { registerServe } from './command.ts';
import { registerMetricsCommand } from './metrics/command.ts';

export const serveDomain: Domain = {
  name: 'serve',
  register: (cli) => {
    registerServe(cli);
    registerMetricsCommand(cli);
  },
  health: async () => ({ privileges: { own: { settle_audit: ['SELECT', 'INSERT', 'UPDATE'] } } }),
};
