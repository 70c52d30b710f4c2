/** Statements on BATCH_JOB_EXECUTION_PARAMS. */
import type { Database, Executor } from '../database/database.ts';
import type { StoredParameter } from './types.ts';

const TABLE = 'BATCH_JOB_EXECUTION_PARAMS';

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
