/** The service as the command line has it. */
import type { Domain } from '../cli/domain.ts';
import { registerServe } from './command.ts';
import { registerReport } from './report/command.ts';

export const serveDomain: Domain = {
  name: 'serve',
  register: (cli) => {
    registerServe(cli);
    registerReport(cli);
  },
  metrics: async () => (await import('./metrics/platform-metrics.ts')).platformMetrics,
  health: async () => ({
    checks: [(await import('./replicas/replicas-check.ts')).replicasCheck],
    privileges: { own: { settle_audit: ['SELECT', 'INSERT', 'UPDATE'] } },
  }),
};
