/** `/metrics` for Prometheus. */
import { collectDefaultMetrics, Histogram, Registry } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import { sharedMetrics } from '../../cli/metrics/metrics-text.ts';
import type { ServerOptions } from '../server-options.ts';

export function registerMetrics(app: FastifyInstance, { database, observe, registry: program }: ServerOptions): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'settle_http_request_seconds',
    help: 'Seconds from a request to the end of its answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    // Of an unknown address no label is made: there are as many as anybody likes.
    const route = request.routeOptions.url ?? 'unknown';
    requests.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1_000);
  });
  observe(registry);
  const ofDatabase = sharedMetrics(database, () => program.metrics());
  app.get('/metrics', { schema: { tags: ['health'], summary: 'for Prometheus' } }, async (_request, reply) => {
    const text = `${await ofDatabase()}\n${await registry.metrics()}`;
    return await reply.header('content-type', registry.contentType).serializer(String).send(text);
  });
}
