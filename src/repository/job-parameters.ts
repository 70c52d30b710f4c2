/** Statements on BATCH_JOB_EXECUTION_PARAMS. */
import type { Database, Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';
import { inBatches } from './in-batches.ts';
import type { StoredParameter } from './types.ts';

const TABLE = 'BATCH_JOB_EXECUTION_PARAMS';
/** As Spring Batch stores a calendar date. */
export const DATE_TYPE = 'java.time.LocalDate';

/** Whether the parameter is the date that a run is for: whatever its name, an identifying calendar date. */
export function isBusinessDate({ javaType, identifying }: Pick<StoredParameter, 'javaType' | 'identifying'>): boolean {
  return javaType === DATE_TYPE && identifying;
}

/** For a condition on the execution `e`: it has this business date. */
export function parametersOfDate(knex: Database['knex'], date: string) {
  return knex(`${TABLE} as p`)
    .whereRaw('?? = ??', ['p.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID'])
    .where({ 'p.PARAMETER_TYPE': DATE_TYPE, 'p.IDENTIFYING': 'Y', 'p.PARAMETER_VALUE': date })
    .select('p.PARAMETER_NAME');
}

export async function insertJobParameters(
  executor: Executor,
  jobExecutionId: number,
  parameters: readonly StoredParameter[],
): Promise<void> {
  if (parameters.length === 0) return;
  await executor(TABLE).insert(
    parameters.map((parameter) => ({
      JOB_EXECUTION_ID: jobExecutionId,
      PARAMETER_NAME: parameter.name,
      PARAMETER_TYPE: parameter.javaType,
      PARAMETER_VALUE: parameter.value,
      IDENTIFYING: parameter.identifying ? 'Y' : 'N',
    })),
  );
}

/** By name. */
export async function listJobParameters(database: Database, jobExecutionId: number): Promise<StoredParameter[]> {
  const rows = await database.knex(TABLE).where({ JOB_EXECUTION_ID: jobExecutionId }).orderBy('PARAMETER_NAME');
  return rows.map((row) => ({
    name: row.PARAMETER_NAME,
    javaType: row.PARAMETER_TYPE,
    value: row.PARAMETER_VALUE ?? '',
    identifying: row.IDENTIFYING === 'Y',
  }));
}

/** Of all these executions; in no order. */
export async function listParametersOf(
  executor: Executor,
  jobExecutionIds: readonly number[],
): Promise<(StoredParameter & { readonly jobExecutionId: number })[]> {
  const rows = await inBatches(jobExecutionIds, (ids) => executor(TABLE).whereIn('JOB_EXECUTION_ID', ids));
  return rows.map((row) => ({
    jobExecutionId: toNumber(row.JOB_EXECUTION_ID),
    name: String(row.PARAMETER_NAME),
    javaType: String(row.PARAMETER_TYPE),
    value: String(row.PARAMETER_VALUE ?? ''),
    identifying: row.IDENTIFYING === 'Y',
  }));
}
