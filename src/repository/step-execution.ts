/** Statements on BATCH_STEP_EXECUTION. */
import type { Database, Executor } from '../database/database.ts';
import { type Row, toNumber, toOneOf, toText } from '../database/values.ts';
import { inBatches } from './in-batches.ts';
import { cutMessage, requireOneRow, toDate, toInstant } from './row.ts';
import { batchStatuses, type ExecutionCounts, type StepExecution } from './types.ts';

const TABLE = 'BATCH_STEP_EXECUTION';

export async function insertStepExecution(executor: Executor, step: StepExecution): Promise<void> {
  await executor(TABLE).insert({
    STEP_EXECUTION_ID: step.id,
    JOB_EXECUTION_ID: step.jobExecutionId,
    STEP_NAME: step.stepName,
    CREATE_TIME: toInstant(step.createTime),
    VERSION: step.version,
    ...changeable(step),
  });
}

/** Writes status, exit, times and counts, and steps `step.version`; throws OPTIMISTIC_LOCK when the row has moved on. */
export async function updateStepExecution(executor: Executor, step: StepExecution): Promise<void> {
  const rowsChanged = await executor(TABLE)
    .where({ STEP_EXECUTION_ID: step.id, VERSION: step.version })
    .update({ ...changeable(step), VERSION: step.version + 1 });
  requireOneRow(rowsChanged, `step execution ${step.id} (${step.stepName})`);
  step.version++;
}

/** The row with this id; `lock` holds it until the transaction ends, and waits for those who hold it. */
export async function selectStepExecution(
  executor: Executor,
  id: number,
  { lock = false } = {},
): Promise<StepExecution | undefined> {
  const query = executor(TABLE).where({ STEP_EXECUTION_ID: id }).first();
  const row = await (lock ? query.forUpdate() : query);
  return row === undefined ? undefined : toStepExecution(row);
}

/** In the order in which they were created. */
export async function listStepExecutions(database: Database, jobExecutionId: number): Promise<StepExecution[]> {
  return await selectStepExecutions(database.knex, jobExecutionId);
}

/** As `listStepExecutions`, within a transaction. */
export async function selectStepExecutions(executor: Executor, jobExecutionId: number): Promise<StepExecution[]> {
  const rows = await executor(TABLE).where({ JOB_EXECUTION_ID: jobExecutionId }).orderBy('STEP_EXECUTION_ID');
  return rows.map(toStepExecution);
}

/** Of all these executions, in the order in which they were created. */
export async function listStepExecutionsOf(
  executor: Executor,
  jobExecutionIds: readonly number[],
): Promise<StepExecution[]> {
  const rows: Row[] = await inBatches(jobExecutionIds, (ids) =>
    executor(TABLE).whereIn('JOB_EXECUTION_ID', ids).orderBy('STEP_EXECUTION_ID'),
  );
  return rows.map(toStepExecution);
}

/** How often the step was started for the instance, and the newest of those executions. */
export async function findStepHistory(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
): Promise<{ readonly startCount: number; readonly last: StepExecution | undefined }> {
  const rows: Row[] = await executor(`${TABLE} as s`)
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 's.JOB_EXECUTION_ID')
    .where({ 'e.JOB_INSTANCE_ID': jobInstanceId, 's.STEP_NAME': stepName })
    .orderBy('s.STEP_EXECUTION_ID', 'desc')
    .select('s.*');
  return { startCount: rows.length, last: rows.length === 0 ? undefined : toStepExecution(rows[0]) };
}

/** What earlier executions of this step had done for the instance when they stopped or failed. */
export async function findPreviousCounts(
  executor: Executor,
  jobInstanceId: number,
  { id, stepName }: Pick<StepExecution, 'id' | 'stepName'>,
): Promise<ExecutionCounts> {
  const row = await executor(`${TABLE} as s`)
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 's.JOB_EXECUTION_ID')
    .where({ 'e.JOB_INSTANCE_ID': jobInstanceId, 's.STEP_NAME': stepName })
    .andWhere('s.STEP_EXECUTION_ID', '<', id)
    .andWhereNot('s.STATUS', 'COMPLETED')
    .first(...sumOfCounts(executor, 's'));
  return toCounts(row ?? {});
}

/** The columns of `counts`, with the sums of their rows, for an aggregate query over the table under `alias`. */
export function sumOfCounts(executor: Executor, alias: string) {
  return Object.values(countColumns).map((column) => executor.raw(`SUM(??) AS ??`, [`${alias}.${column}`, column]));
}

/** The counts in a row; NULL, the sum of no rows, is 0. */
export function toCounts(row: Row): ExecutionCounts {
  const entries = Object.entries(countColumns).map(([count, column]) => [count, toNumber(row[column] ?? 0)]);
  return Object.fromEntries(entries) as ExecutionCounts;
}

const countColumns: Record<keyof ExecutionCounts, string> = {
  readCount: 'READ_COUNT',
  writeCount: 'WRITE_COUNT',
  filterCount: 'FILTER_COUNT',
  readSkipCount: 'READ_SKIP_COUNT',
  processSkipCount: 'PROCESS_SKIP_COUNT',
  writeSkipCount: 'WRITE_SKIP_COUNT',
  commitCount: 'COMMIT_COUNT',
  rollbackCount: 'ROLLBACK_COUNT',
};

function changeable(step: StepExecution) {
  const counts = Object.entries(countColumns).map(([count, column]) => [column, step[count as keyof ExecutionCounts]]);
  return {
    START_TIME: toInstant(step.startTime),
    END_TIME: toInstant(step.endTime),
    STATUS: step.status,
    ...Object.fromEntries(counts),
    EXIT_CODE: step.exitCode,
    EXIT_MESSAGE: cutMessage(step.exitMessage),
    LAST_UPDATED: toInstant(step.lastUpdated),
  };
}

function toStepExecution(row: Row): StepExecution {
  return {
    id: toNumber(row.STEP_EXECUTION_ID),
    jobExecutionId: toNumber(row.JOB_EXECUTION_ID),
    stepName: toText(row.STEP_NAME),
    version: toNumber(row.VERSION),
    status: toOneOf(row.STATUS, batchStatuses, 'BATCH_STEP_EXECUTION.STATUS'),
    exitCode: toText(row.EXIT_CODE ?? 'UNKNOWN'),
    exitMessage: toText(row.EXIT_MESSAGE ?? ''),
    createTime: toDate(row.CREATE_TIME)!,
    startTime: toDate(row.START_TIME),
    endTime: toDate(row.END_TIME),
    lastUpdated: toDate(row.LAST_UPDATED),
    ...toCounts(row),
  };
}
