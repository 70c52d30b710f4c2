/** Executions whose owner is at work, in words: what an operator must know before he frees or migrates something. */
import type { Database, Executor } from '../database/database.ts';
import { reasonOfDeath } from '../engine/owner.ts';
import { listRunningExecutions } from '../repository/job-execution.ts';
import { selectLease } from '../repository/lease.ts';
import { formatDuration } from './output/format.ts';

export interface LiveRun {
  readonly id: number;
  readonly job: string;
  /** One clause. */
  readonly text: string;
}

/** Empty where there is no repository yet. */
export async function listLiveRuns(database: Database, executor: Executor = database.knex): Promise<LiveRun[]> {
  if (!(await executor.schema.hasTable('settle_lease'))) return [];
  const live: LiveRun[] = [];
  for (const { id, jobName } of await listRunningExecutions(executor)) {
    const lease = await selectLease(database, executor, id);
    if (lease === undefined || reasonOfDeath(lease) !== undefined) continue;
    const { pid, host, heartbeatAgoMs, leaseLeftMs } = lease;
    const heartbeat = formatDuration(Math.max(0, heartbeatAgoMs));
    const text =
      `execution ${id} (${jobName}) runs in process ${pid} on ${host}: last heartbeat ${heartbeat} ago; ` +
      `if it stays silent it can be freed in ${formatDuration(Math.max(0, leaseLeftMs))}`;
    live.push({ id, job: jobName, text });
  }
  return live;
}
