/**
 * The tables BATCH_* of a database that a Spring Batch application has made: are they of a version that settle shares?
 * Versions 5 and 6 have the same tables (the sequence BATCH_JOB_SEQ became BATCH_JOB_INSTANCE_SEQ); those of version 4
 * and older keep job parameters in other columns.
 */
import { ExitCode, SettleError } from '../errors.ts';
import type { Database, Executor } from './database.ts';

/** Columns that version 5 brought, or that its script adds to the tables of version 4. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  BATCH_JOB_INSTANCE: ['JOB_INSTANCE_ID', 'VERSION', 'JOB_NAME', 'JOB_KEY'],
  BATCH_JOB_EXECUTION: ['JOB_EXECUTION_ID', 'JOB_INSTANCE_ID', 'CREATE_TIME', 'STATUS', 'EXIT_CODE', 'EXIT_MESSAGE'],
  BATCH_JOB_EXECUTION_PARAMS: [
    'JOB_EXECUTION_ID',
    'PARAMETER_NAME',
    'PARAMETER_TYPE',
    'PARAMETER_VALUE',
    'IDENTIFYING',
  ],
  BATCH_STEP_EXECUTION: ['STEP_EXECUTION_ID', 'STEP_NAME', 'JOB_EXECUTION_ID', 'CREATE_TIME', 'STATUS'],
};

/**
 * Throws SPRING_BATCH_SCHEMA (exit code 10) when a table BATCH_* is there and is not that of Spring Batch 5 or 6. Tables
 * that are missing are none of its business: `settle migrate` makes them.
 */
export async function requireBatchSchema({ dialect, displayUrl }: Database, executor: Executor): Promise<void> {
  for (const [table, required] of Object.entries(REQUIRED)) {
    const columns = (await dialect.inspect.columns(executor, table)).map(({ name }) => name.toUpperCase());
    if (columns.length === 0) continue;
    const missing = required.filter((name) => !columns.includes(name));
    if (missing.length === 0) continue;
    const isOld = columns.includes('TYPE_CD') || (table === 'BATCH_STEP_EXECUTION' && missing[0] === 'CREATE_TIME');
    const found = isOld ? 'is that of Spring Batch 4 or older' : 'is not that of Spring Batch 5 or 6';
    throw new SettleError(
      'SPRING_BATCH_SCHEMA',
      ExitCode.schemaOutdated,
      `the table ${table} in ${displayUrl} ${found}: it has no column ${missing.join(', ')}`,
      {
        hint: isOld
          ? 'update the Spring Batch tables first, by org/springframework/batch/core/migration/5.0/migration-*.sql in spring-batch-core 5 (as its application does when it moves to version 5), then run `settle migrate`; or give settle a database of its own'
          : 'compare it with schema-*.sql in spring-batch-core 5 or 6, or give settle a database of its own',
      },
    );
  }
}

/** Whether every required column is there, by one query that reads no row. */
export async function hasBatchSchema(executor: Executor): Promise<boolean> {
  const columns = Object.entries(REQUIRED).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
  try {
    await executor.raw(`SELECT ${columns.join(', ')} FROM ${Object.keys(REQUIRED).join(', ')} WHERE 1 = 0`);
    return true;
  } catch {
    return false;
  }
}
