/** Statements on BATCH_JOB_EXECUTION. */
import type { Database, Executor } from '../database/database.ts';
import { type Row, toNumber, toOneOf, toText } from '../database/values.ts';
import { inBatches } from './in-batches.ts';
import { DATE_TYPE, parametersOfDate } from './job-parameters.ts';
import { cutMessage, requireOneRow, toDate, toInstant } from './row.ts';
import { type BatchStatus, batchStatuses, type JobExecution } from './types.ts';

const TABLE = 'BATCH_JOB_EXECUTION';

export async function insertJobExecution(executor: Executor, execution: JobExecution): Promise<void> {
  await executor(TABLE).insert({
    JOB_EXECUTION_ID: execution.id,
    JOB_INSTANCE_ID: execution.jobInstanceId,
    CREATE_TIME: toInstant(execution.createTime),
    VERSION: execution.version,
    ...changeable(execution),
  });
}

/** Writes status, exit and times, and steps `execution.version`; throws OPTIMISTIC_LOCK when the row has moved on. */
export async function updateJobExecution(executor: Executor, execution: JobExecution): Promise<void> {
  const rowsChanged = await executor(TABLE)
    .where({ JOB_EXECUTION_ID: execution.id, VERSION: execution.version })
    .update({ ...changeable(execution), VERSION: execution.version + 1 });
  requireOneRow(rowsChanged, `execution ${execution.id}`);
  execution.version++;
}

/** Asks the owner to stop. Returns whether the execution was running. */
export async function markStopping(executor: Executor, id: number, now: Date): Promise<boolean> {
  const rowsChanged = await executor(TABLE)
    .where({ JOB_EXECUTION_ID: id })
    .whereIn('STATUS', ['STARTING', 'STARTED', 'STOPPING'])
    .update({ STATUS: 'STOPPING', VERSION: executor.raw('VERSION + 1'), LAST_UPDATED: toInstant(now) });
  return rowsChanged === 1;
}

/** The execution with this id, or undefined. */
export async function getJobExecution(database: Database, id: number): Promise<JobExecution | undefined> {
  return await selectJobExecution(database.knex, id);
}

/** As `getJobExecution`, within a transaction; `lock` holds the row until that ends. */
export async function selectJobExecution(
  executor: Executor,
  id: number,
  { lock = false } = {},
): Promise<JobExecution | undefined> {
  const query = select(executor).where('e.JOB_EXECUTION_ID', id);
  const [row] = await (lock ? query.forUpdate() : query);
  return row === undefined ? undefined : toJobExecution(row);
}

/** The newest execution of an instance, or undefined. */
export async function lastExecutionOfInstance(
  executor: Executor,
  jobInstanceId: number,
): Promise<JobExecution | undefined> {
  const [row] = await select(executor)
    .where('e.JOB_INSTANCE_ID', jobInstanceId)
    .orderBy('e.JOB_EXECUTION_ID', 'desc')
    .limit(1);
  return row === undefined ? undefined : toJobExecution(row);
}

/** The newest execution of all, or undefined. */
export async function lastJobExecution(database: Database): Promise<JobExecution | undefined> {
  const [execution] = await listJobExecutions(database, { limit: 1 });
  return execution;
}

/** Which executions are listed: all that pass every filter given. */
export interface ExecutionFilter {
  readonly job?: string;
  readonly status?: BatchStatus;
  /** Started at or after. */
  readonly since?: Date;
  /** Started before. */
  readonly until?: Date;
  /** Executions with smaller ids: the page before. */
  readonly before?: number;
  /** Text of a parameter, by its name. */
  readonly parameter?: { readonly name: string; readonly value: string };
  /** As `isBusinessDate` knows it. */
  readonly businessDate?: string;
  readonly limit: number;
}

/** Newest first. */
export async function listJobExecutions(database: Database, filter: ExecutionFilter): Promise<JobExecution[]> {
  const { job, status, since, until, before, parameter, businessDate, limit } = filter;
  const query = select(database.knex).orderBy('e.JOB_EXECUTION_ID', 'desc').limit(limit);
  if (job !== undefined) query.where('i.JOB_NAME', job);
  if (status !== undefined) query.where('e.STATUS', status);
  if (since !== undefined) query.where('e.START_TIME', '>=', toInstant(since));
  if (until !== undefined) query.where('e.START_TIME', '<', toInstant(until));
  if (before !== undefined) query.where('e.JOB_EXECUTION_ID', '<', before);
  if (parameter !== undefined) {
    query
      .join('BATCH_JOB_EXECUTION_PARAMS as p', 'p.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID')
      .where({ 'p.PARAMETER_NAME': parameter.name, 'p.PARAMETER_VALUE': parameter.value });
  }
  if (businessDate !== undefined) query.whereExists(parametersOfDate(database.knex, businessDate));
  const rows: Row[] = await query;
  return rows.map(toJobExecution);
}

/** Executions of a job whose parameter lies within two texts, both inside, with its text; the oldest first. */
export async function listJobExecutionsByParameter(
  executor: Executor,
  job: string,
  parameter: string,
  from: string,
  to: string,
): Promise<{ readonly execution: JobExecution; readonly value: string }[]> {
  const rows: Row[] = await select(executor)
    .join('BATCH_JOB_EXECUTION_PARAMS as p', 'p.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID')
    .where({ 'i.JOB_NAME': job, 'p.PARAMETER_NAME': parameter })
    .whereBetween('p.PARAMETER_VALUE', [from, to])
    .orderBy('e.JOB_EXECUTION_ID')
    .select('p.PARAMETER_VALUE');
  return rows.map((row) => ({ execution: toJobExecution(row), value: String(row.PARAMETER_VALUE) }));
}

/** A business date, and the newest execution of a job for it. */
export interface NewestOfDate {
  readonly job: string;
  readonly date: string;
  readonly execution: JobExecution;
}

/** The newest execution of every job for each business date of a span, both ends inside; by job and date. */
export async function listNewestByDate(executor: Executor, from: string, to: string): Promise<NewestOfDate[]> {
  const newest: Row[] = await executor('BATCH_JOB_EXECUTION_PARAMS as p')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 'p.JOB_EXECUTION_ID')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .where({ 'p.PARAMETER_TYPE': DATE_TYPE, 'p.IDENTIFYING': 'Y' })
    .whereBetween('p.PARAMETER_VALUE', [from, to])
    .groupBy('i.JOB_NAME', 'p.PARAMETER_VALUE')
    .orderBy(['i.JOB_NAME', 'p.PARAMETER_VALUE'])
    .select('i.JOB_NAME', 'p.PARAMETER_VALUE')
    .max({ id: 'p.JOB_EXECUTION_ID' });
  const rows: Row[] = await inBatches(
    newest.map(({ id }) => toNumber(id)),
    (ids) => select(executor).whereIn('e.JOB_EXECUTION_ID', ids),
  );
  const byId = new Map(rows.map(toJobExecution).map((one) => [one.id, one]));
  return newest.flatMap((row) => {
    const execution = byId.get(toNumber(row.id));
    return execution === undefined ? [] : [{ job: execution.jobName, date: String(row.PARAMETER_VALUE), execution }];
  });
}

/** Those whose status says that an owner is at work. */
export async function listRunningExecutions(executor: Executor): Promise<JobExecution[]> {
  const rows: Row[] = await select(executor)
    .whereIn('e.STATUS', ['STARTING', 'STARTED', 'STOPPING'])
    .orderBy('e.JOB_EXECUTION_ID');
  return rows.map(toJobExecution);
}

function select(executor: Executor) {
  return executor(`${TABLE} as e`)
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .select<Row[]>('e.*', 'i.JOB_NAME');
}

function changeable(execution: JobExecution) {
  return {
    START_TIME: toInstant(execution.startTime),
    END_TIME: toInstant(execution.endTime),
    STATUS: execution.status,
    EXIT_CODE: execution.exitCode,
    EXIT_MESSAGE: cutMessage(execution.exitMessage),
    LAST_UPDATED: toInstant(execution.lastUpdated),
  };
}

function toJobExecution(row: Row): JobExecution {
  return {
    id: toNumber(row.JOB_EXECUTION_ID),
    jobInstanceId: toNumber(row.JOB_INSTANCE_ID),
    jobName: toText(row.JOB_NAME),
    version: toNumber(row.VERSION),
    status: toOneOf(row.STATUS, batchStatuses, 'BATCH_JOB_EXECUTION.STATUS'),
    exitCode: toText(row.EXIT_CODE ?? 'UNKNOWN'),
    exitMessage: toText(row.EXIT_MESSAGE ?? ''),
    createTime: toDate(row.CREATE_TIME)!,
    startTime: toDate(row.START_TIME),
    endTime: toDate(row.END_TIME),
    lastUpdated: toDate(row.LAST_UPDATED),
  };
}
