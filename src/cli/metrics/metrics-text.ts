/** The metrics of the database as a scrape has them: for a file, where no service runs. */
import { Registry } from '@prometheus-io/client';
import type { Database } from '../../database/database.ts';
import { writeTextfile } from '../textfile.ts';
import { type Collect, databaseMetrics } from './database-metrics.ts';
import { measureProcess } from './process-metrics.ts';

export async function metricsText(database: Database, more: readonly Collect[]): Promise<string> {
  return await (await databaseMetrics(database, more, new Date())).metrics();
}

/** Several who ask at once share one look at the database. */
export function sharedMetrics(database: Database, more: () => Promise<readonly Collect[]>): () => Promise<string> {
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= more()
      .then((collects) => metricsText(database, collects))
      .finally(() => {
        asked = undefined;
      });
    return asked;
  };
}

/** The file of a command that starts a job: it counts what this process does from now on. */
export class MetricsFile {
  readonly #path: string;
  readonly #registry = new Registry();
  readonly #measured = measureProcess(this.#registry);

  constructor(path: string) {
    this.#path = path;
  }

  /** Ends the counting. @throws SettleError (exit 2) when the file cannot be written */
  async write(database: Database, more: readonly Collect[]): Promise<void> {
    this.#measured.close();
    const texts = [await metricsText(database, more), await this.#registry.metrics()];
    await writeTextfile('--metrics-file', this.#path, texts.join('\n'));
  }
}
