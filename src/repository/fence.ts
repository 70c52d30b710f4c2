/**
 * Statements on settle_fence: one row a job instance, whose token names the run that may commit. Each start takes a
 * new token; whoever holds an older one has been taken over.
 */
import type { Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { toNumber } from '../database/values.ts';

const TABLE = 'settle_fence';

/** Waits until no chunk transaction of an earlier run is open, then makes its token void. Returns the new one. */
export async function takeFence(tx: Transaction, jobInstanceId: number): Promise<number> {
  const key = { job_instance_id: jobInstanceId };
  const row = await lockRow(tx, TABLE, key, { columns: ['token'], initial: { token: 0 } });
  const token = toNumber(row?.token) + 1;
  await tx(TABLE).where(key).update({ token });
  return token;
}

/** The token, which cannot change until the transaction ends. A shared lock: partitions commit side by side. */
export async function readFence(executor: Executor, jobInstanceId: number): Promise<number | undefined> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId }).forShare().first('token');
  return row === undefined ? undefined : toNumber(row.token);
}
