/**
 * What Prometheus is told of the database: counted there at each scrape, so that it is the same whichever process is
 * asked, and right after a restart. Names follow Spring Batch's, with `settle` for `spring_batch` (docs/serve.md).
 */
import { Registry } from '@prometheus-io/client';
import type { Database } from '../../database/database.ts';
import { Gauges } from './gauges.ts';
import { collectJobs } from './job-metrics.ts';
import { collectTrouble } from './trouble-metrics.ts';

/** Adds what one subject has to say, by a fixed number of short queries. */
export type Collect = (database: Database, gauges: Gauges, now: Date) => Promise<void>;

/**
 * Never rejects: a database that does not answer is `settle_database_up 0`, and nothing else.
 * @param more of the program's domains
 */
export async function databaseMetrics(database: Database, more: readonly Collect[], now: Date): Promise<Registry> {
  try {
    const registry = new Registry();
    const gauges = new Gauges(registry);
    for (const collect of [collectJobs, collectTrouble, ...more]) await collect(database, gauges, now);
    setUp(gauges, 1);
    return registry;
  } catch {
    const registry = new Registry();
    setUp(new Gauges(registry), 0);
    return registry;
  }
}

function setUp(gauges: Gauges, value: number): void {
  gauges.value('settle_database_up', '1 when the database answered this scrape, 0 when not.', value);
}
