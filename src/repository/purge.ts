/** Statements that find and remove old metadata. All deletes are by ids, a bounded number of them. */
import type { Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';

/** Ids of instances above `after`, in order, with their newest execution. */
export async function listInstances(
  executor: Executor,
  after: number,
  limit: number,
): Promise<{ readonly instanceId: number; readonly lastExecutionId: number }[]> {
  const rows = await executor('BATCH_JOB_EXECUTION')
    .where('JOB_INSTANCE_ID', '>', after)
    .groupBy('JOB_INSTANCE_ID')
    .orderBy('JOB_INSTANCE_ID')
    .limit(limit)
    .select('JOB_INSTANCE_ID', executor.raw('MAX(JOB_EXECUTION_ID) AS last'));
  return rows.map((row) => ({ instanceId: toNumber(row.JOB_INSTANCE_ID), lastExecutionId: toNumber(row.last) }));
}

/** Ids of the executions of an instance, oldest first. */
export async function listExecutionIds(executor: Executor, instanceId: number): Promise<number[]> {
  const ids = await executor('BATCH_JOB_EXECUTION')
    .where({ JOB_INSTANCE_ID: instanceId })
    .orderBy('JOB_EXECUTION_ID')
    .pluck('JOB_EXECUTION_ID');
  return ids.map(toNumber);
}

/** Ids of at most `limit` step executions of these executions. */
export async function listStepExecutionIds(
  executor: Executor,
  executionIds: readonly number[],
  limit: number,
): Promise<number[]> {
  const ids = await executor('BATCH_STEP_EXECUTION')
    .whereIn('JOB_EXECUTION_ID', executionIds)
    .orderBy('STEP_EXECUTION_ID')
    .limit(limit)
    .pluck('STEP_EXECUTION_ID');
  return ids.map(toNumber);
}

export async function countStepExecutions(executor: Executor, executionIds: readonly number[]): Promise<number> {
  const [row] = await executor('BATCH_STEP_EXECUTION').whereIn('JOB_EXECUTION_ID', executionIds).count({ rows: '*' });
  return toNumber(row.rows);
}

export async function deleteStepExecutions(executor: Executor, ids: readonly number[]): Promise<void> {
  await executor('BATCH_STEP_EXECUTION_CONTEXT').whereIn('STEP_EXECUTION_ID', ids).delete();
  await executor('BATCH_STEP_EXECUTION').whereIn('STEP_EXECUTION_ID', ids).delete();
}

/** Executions without step executions, with what hangs on them. */
export async function deleteExecutions(executor: Executor, ids: readonly number[]): Promise<void> {
  for (const table of ['BATCH_JOB_EXECUTION_CONTEXT', 'BATCH_JOB_EXECUTION_PARAMS', 'BATCH_JOB_EXECUTION']) {
    await executor(table).whereIn('JOB_EXECUTION_ID', ids).delete();
  }
}

/** Skipped records of these executions that went through later. */
export async function deleteReplayed(executor: Executor, executionIds: readonly number[]): Promise<void> {
  await executor('settle_skipped').whereIn('job_execution_id', executionIds).whereNotNull('replayed_at').delete();
}

/** Executions, among these, that have skipped records which wait for another try. */
export async function listWaiting(executor: Executor, executionIds: readonly number[]): Promise<number[]> {
  const ids = await executor('settle_skipped')
    .whereIn('job_execution_id', executionIds)
    .whereNull('replayed_at')
    .distinct('job_execution_id')
    .pluck('job_execution_id');
  return ids.map(toNumber);
}

/** Frozen plans of an instance that has ended. */
export async function deletePlans(executor: Executor, instanceId: number): Promise<void> {
  for (const table of ['settle_partition', 'settle_partition_plan']) {
    await executor(table).where({ job_instance_id: instanceId }).delete();
  }
}

/** An instance without executions. */
export async function deleteInstance(executor: Executor, instanceId: number): Promise<void> {
  await executor('settle_fence').where({ job_instance_id: instanceId }).delete();
  await executor('BATCH_JOB_INSTANCE').where({ JOB_INSTANCE_ID: instanceId }).delete();
}
