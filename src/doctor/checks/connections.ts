/** max_connections against what a run takes: 4 for the process and 2 for each worker thread. */
import { type Check, misconfigured, pass } from '../check.ts';

const PROCESS_CONNECTIONS = 4;
const WORKER_CONNECTIONS = 2;

export const connectionsCheck: Check = {
  name: 'connections',
  async run({ database: { dialect, knex }, workers }) {
    const settings = await dialect.inspect.settings(knex);
    if (settings === undefined) return pass('no limit (SQLite)');
    const needed = PROCESS_CONNECTIONS + WORKER_CONNECTIONS * workers;
    const message = `a run with ${workers} workers takes up to ${needed} of ${settings.connectionsMax} connections`;
    if (needed <= settings.connectionsMax) return pass(message);
    return misconfigured(message, 'raise max_connections on the server, or use fewer --workers');
  },
};
