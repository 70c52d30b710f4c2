/** BATCH_JOB_EXECUTION_PARAMS: the primary key that a table of an earlier settle, or of Spring Batch itself, lacks. */
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0601_batch_job_execution_params_key',
  up: async (knex, dialect) => {
    const key = ['JOB_EXECUTION_ID', 'PARAMETER_NAME'];
    await dialect.addPrimaryKey(knex, 'BATCH_JOB_EXECUTION_PARAMS', key, 'JOB_EXEC_PARAMS_FK');
  },
};
