/** Statements on BATCH_JOB_INSTANCE. */
import type { Executor, Transaction } from '../database/database.ts';
import { lockRow } from '../database/lock-row.ts';
import { toNumber } from '../database/values.ts';
import type { JobInstance } from './types.ts';

const TABLE = 'BATCH_JOB_INSTANCE';

export async function findJobInstance(
  executor: Executor,
  jobName: string,
  jobKey: string,
): Promise<JobInstance | undefined> {
  const row = await executor(TABLE).where({ JOB_NAME: jobName, JOB_KEY: jobKey }).first('JOB_INSTANCE_ID');
  return row === undefined ? undefined : { id: toNumber(row.JOB_INSTANCE_ID), jobName, jobKey };
}

/** Ids of the instances that exist of some keys, by key. */
export async function findJobInstanceIds(
  executor: Executor,
  jobName: string,
  jobKeys: readonly string[],
): Promise<Map<string, number>> {
  const rows = await executor(TABLE)
    .where({ JOB_NAME: jobName })
    .whereIn('JOB_KEY', [...jobKeys])
    .select('JOB_KEY', 'JOB_INSTANCE_ID');
  return new Map(rows.map((row) => [row.JOB_KEY, toNumber(row.JOB_INSTANCE_ID)]));
}

/** Passes over an instance that exists: of two processes that insert the same one, both find one row afterwards. */
export async function insertJobInstance(executor: Executor, instance: JobInstance): Promise<void> {
  await executor(TABLE)
    .insert({ JOB_INSTANCE_ID: instance.id, VERSION: 0, JOB_NAME: instance.jobName, JOB_KEY: instance.jobKey })
    .onConflict(['JOB_NAME', 'JOB_KEY'])
    .ignore();
}

/**
 * Holds the row until the transaction ends: starts of the same instance come one after another.
 * @returns false when it has been removed (`purge --forget`)
 */
export async function lockJobInstance(tx: Transaction, id: number): Promise<boolean> {
  return (await lockRow(tx, TABLE, { JOB_INSTANCE_ID: id })) !== undefined;
}
