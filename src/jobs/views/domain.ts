/** The views: statistics of a raw log, their verification, their quarantine. */
import type { Domain } from '../../cli/domain.ts';
import { registerOnlineViews } from './commands/online.ts';
import { registerStats } from './commands/stats.ts';
import { registerVerify } from './commands/verify.ts';

export const viewsDomain: Domain = {
  name: 'views',
  register(cli) {
    registerStats(cli);
    registerVerify(cli);
    registerOnlineViews(cli);
  },
  errorRules: async () => (await import('./error-rules.ts')).viewsErrorRules,
  purge: async (database, before, isDryRun) =>
    await (await import('./online/purge-batches.ts')).purgeViewBatches(database, before, isDryRun),
  sources: async () => (await import('./sources.ts')).viewsSources,
  health: async () => (await import('./checks/health.ts')).viewsHealth,
  setAside: async () => (await import('./statistics/quarantine-store.ts')).quarantineStore,
};
