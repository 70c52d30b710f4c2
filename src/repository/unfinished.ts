/** Job instances that wait for somebody: their last execution failed or was stopped. */
import type { Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';
import { selectJobExecution } from './job-execution.ts';
import type { JobExecution } from './types.ts';

/** The last executions of such instances, newest first. */
export async function listUnfinished(executor: Executor, limit: number): Promise<JobExecution[]> {
  const rows = await unfinished(executor)
    .orderBy('e.JOB_EXECUTION_ID', 'desc')
    .limit(limit)
    .select('e.JOB_EXECUTION_ID as id');
  const found = await Promise.all(rows.map(({ id }) => selectJobExecution(executor, toNumber(id))));
  return found.filter((execution) => execution !== undefined);
}

export async function countUnfinished(executor: Executor): Promise<number> {
  const [row] = await unfinished(executor).count({ executions: '*' });
  return toNumber(row.executions);
}

function unfinished(executor: Executor) {
  return executor('BATCH_JOB_EXECUTION as e')
    .whereIn('e.STATUS', ['FAILED', 'STOPPED'])
    .whereNotExists(
      executor('BATCH_JOB_EXECUTION as later')
        .whereRaw('later.JOB_INSTANCE_ID = e.JOB_INSTANCE_ID AND later.JOB_EXECUTION_ID > e.JOB_EXECUTION_ID')
        .select(executor.raw('1')),
    );
}
