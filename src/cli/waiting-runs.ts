/** Runs that were left to workers and that none has begun, for people who look for them among those that ran. */
import type { Database } from '../database/database.ts';
import { listOpenRequests } from '../repository/request.ts';
import { tell } from './errors.ts';
import { formatDuration } from './output/format.ts';

/** A line each on stderr; none on the schema of an older settle. */
export async function tellWaitingRuns({ knex }: Database, now: Date): Promise<void> {
  if (!(await knex.schema.hasTable('settle_request'))) return;
  for (const { id, jobName, jobExecutionId, createdAt } of await listOpenRequests(knex)) {
    if (jobExecutionId !== undefined) continue;
    const waited = formatDuration(Math.max(0, now.getTime() - createdAt.getTime()));
    tell(`run ${id} (${jobName}) has waited for a worker for ${waited}`, `\`settle stop ${id}\` takes it back`);
  }
}
