/** Executions whose owner is at work, in words: what an operator must know before he changes a schema. */
import type { Database } from '../database/database.ts';
import { listRunningExecutions } from '../repository/job-execution.ts';
import { selectLease } from '../repository/lease.ts';

export interface LiveRun {
  readonly id: number;
  readonly job: string;
  /** One clause. */
  readonly text: string;
}

/** Empty where there is no repository yet. */
export async function listLiveRuns(database: Database): Promise<LiveRun[]> {
  if (!(await database.knex.schema.hasTable('settle_lease'))) return [];
  const live: LiveRun[] = [];
  for (const { id, jobName } of await listRunningExecutions(database.knex)) {
    const lease = await selectLease(database, database.knex, id);
    if (lease === undefined || lease.isExpired) continue;
    live.push({ id, job: jobName, text: `execution ${id} (${jobName}) runs in process ${lease.pid} on ${lease.host}` });
  }
  return live;
}
