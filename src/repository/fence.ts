/**
 * Statements on settle_fence: one row a job instance, whose token names the run that may commit. Each start takes a
 * new token; whoever holds an older one has been taken over.
 */
import type { Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';

const TABLE = 'settle_fence';

/** Waits until no chunk transaction of an earlier run is open, then makes its token void. Returns the new one. */
export async function takeFence(executor: Executor, jobInstanceId: number): Promise<number> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId }).forUpdate().first('token');
  const token = row === undefined ? 1 : toNumber(row.token) + 1;
  if (row === undefined) await executor(TABLE).insert({ job_instance_id: jobInstanceId, token });
  else await executor(TABLE).where({ job_instance_id: jobInstanceId }).update({ token });
  return token;
}

/** The token, which cannot change until the transaction ends. A shared lock: partitions commit side by side. */
export async function readFence(executor: Executor, jobInstanceId: number): Promise<number | undefined> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId }).forShare().first('token');
  return row === undefined ? undefined : toNumber(row.token);
}
