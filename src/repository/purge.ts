/** Statements that find and remove old metadata. All deletes are by ids, a bounded number of them. */
import type { Knex } from 'knex';
import type { Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';

/** Each list in the order in which its rows may go. */
const STEP_TABLES = ['settle_step_progress', 'BATCH_STEP_EXECUTION_CONTEXT', 'BATCH_STEP_EXECUTION'] as const;
const EXECUTION_TABLES = ['BATCH_JOB_EXECUTION_CONTEXT', 'BATCH_JOB_EXECUTION_PARAMS', 'BATCH_JOB_EXECUTION'] as const;
const PLAN_TABLES = ['settle_offer', 'settle_request', 'settle_partition', 'settle_partition_plan'] as const;
const INSTANCE_TABLES = ['settle_fence', 'BATCH_JOB_INSTANCE'] as const;
/** Tables that a purge removes rows from. */
export const purgedTables: readonly string[] = [
  ...INSTANCE_TABLES.toReversed(),
  ...EXECUTION_TABLES.toReversed(),
  ...STEP_TABLES.toReversed(),
  ...PLAN_TABLES.toReversed(),
  'settle_skipped',
];

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

/** Rows of a table that went, or would go, by table. */
export type RowsByTable = Record<string, number>;

export async function deleteStepExecutions(executor: Executor, ids: readonly number[]): Promise<RowsByTable> {
  return await deleteFrom(STEP_TABLES, (table) => executor(table).whereIn('STEP_EXECUTION_ID', ids));
}

export async function countStepExecutions(executor: Executor, executionIds: readonly number[]): Promise<RowsByTable> {
  const steps = executor('BATCH_STEP_EXECUTION').whereIn('JOB_EXECUTION_ID', executionIds).select('STEP_EXECUTION_ID');
  return await countIn(STEP_TABLES, (table) => executor(table).whereIn('STEP_EXECUTION_ID', steps.clone()));
}

/** Executions without step executions, with what hangs on them. */
export async function deleteExecutions(executor: Executor, ids: readonly number[]): Promise<RowsByTable> {
  return await deleteFrom(EXECUTION_TABLES, (table) => executor(table).whereIn('JOB_EXECUTION_ID', ids));
}

export async function countExecutions(executor: Executor, ids: readonly number[]): Promise<RowsByTable> {
  return await countIn(EXECUTION_TABLES, (table) => executor(table).whereIn('JOB_EXECUTION_ID', ids));
}

/** Skipped records of these executions that went through later. */
export async function deleteReplayed(executor: Executor, executionIds: readonly number[]): Promise<RowsByTable> {
  return await deleteFrom(['settle_skipped'], () => replayed(executor, executionIds));
}

export async function countReplayed(executor: Executor, executionIds: readonly number[]): Promise<RowsByTable> {
  return await countIn(['settle_skipped'], () => replayed(executor, executionIds));
}

function replayed(executor: Executor, executionIds: readonly number[]): Knex.QueryBuilder {
  return executor('settle_skipped').whereIn('job_execution_id', executionIds).whereNotNull('replayed_at');
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
export async function deletePlans(executor: Executor, instanceId: number): Promise<RowsByTable> {
  return await deleteFrom(PLAN_TABLES, (table) => executor(table).where({ job_instance_id: instanceId }));
}

export async function countPlans(executor: Executor, instanceId: number): Promise<RowsByTable> {
  return await countIn(PLAN_TABLES, (table) => executor(table).where({ job_instance_id: instanceId }));
}

/** An instance without executions. */
export async function deleteInstance(executor: Executor, instanceId: number): Promise<RowsByTable> {
  return await deleteFrom(INSTANCE_TABLES, (table) => ofInstance(executor, table, instanceId));
}

export async function countInstance(executor: Executor, instanceId: number): Promise<RowsByTable> {
  return await countIn(INSTANCE_TABLES, (table) => ofInstance(executor, table, instanceId));
}

function ofInstance(executor: Executor, table: string, instanceId: number): Knex.QueryBuilder {
  const column = table === 'BATCH_JOB_INSTANCE' ? 'JOB_INSTANCE_ID' : 'job_instance_id';
  return executor(table).where({ [column]: instanceId });
}

async function deleteFrom(
  tables: readonly string[],
  rowsOf: (table: string) => Knex.QueryBuilder,
): Promise<RowsByTable> {
  const rows: RowsByTable = {};
  for (const table of tables) rows[table] = await rowsOf(table).delete();
  return rows;
}

async function countIn(tables: readonly string[], rowsOf: (table: string) => Knex.QueryBuilder): Promise<RowsByTable> {
  const rows: RowsByTable = {};
  for (const table of tables) {
    const [{ count }] = await rowsOf(table).count({ count: '*' });
    rows[table] = toNumber(count);
  }
  return rows;
}
