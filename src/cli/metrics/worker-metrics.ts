/** `/metrics` of a worker, for Prometheus: what this process has done since it started, and Node's own. */
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { ListenAddress } from '../listen-address.ts';
import { listenForMetrics, type ServedMetrics } from './listen.ts';
import { measureProcess } from './process-metrics.ts';

/** @throws SettleError (exit 2) for an address that is taken or not of this machine */
export async function serveWorkerMetrics(address: ListenAddress): Promise<ServedMetrics> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const served = await listenForMetrics(address, () => registry.metrics());
  const measured = measureProcess(registry, { isWorker: true });
  return {
    url: served.url,
    async close() {
      measured.close();
      await served.close();
    },
  };
}
