/** Every route of the service, by subject. */
import type { FastifyInstance } from 'fastify';
import type { ServerOptions } from '../server-options.ts';
import { registerActions } from './actions.ts';
import { registerChallenges } from './challenges.ts';
import { registerDates } from './dates.ts';
import { registerEvents } from './events.ts';
import { registerHealth } from './health.ts';
import { registerLedger } from './ledger.ts';
import { registerMetrics } from './metrics.ts';
import { registerOutbox } from './outbox.ts';
import { registerPage } from './page.ts';
import { registerRuns } from './runs.ts';
import { registerService } from './service.ts';
import { registerSettlements } from './settlements.ts';
import { registerStatistics } from './statistics.ts';
import { registerViews } from './views.ts';

export async function registerRoutes(app: FastifyInstance, options: ServerOptions): Promise<void> {
  registerHealth(app, options);
  await app.register(
    async (api) => {
      registerStatistics(api, options);
      registerSettlements(api, options);
      registerChallenges(api, options);
      registerLedger(api, options);
      registerRuns(api, options);
      registerDates(api, options);
      registerOutbox(api, options);
      registerService(api, options);
      registerActions(api, options);
      registerEvents(api, options);
      await api.register(async (views) => await registerViews(views, options));
    },
    { prefix: '/api/v1' },
  );
  registerMetrics(app, options);
  await registerPage(app);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
