/** BATCH_JOB_EXECUTION_PARAMS, as in Spring Batch 6, with the primary key that some servers want of every table. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0003_batch_job_execution_params',
  up: async (knex, dialect) => {
    await createTable(
      knex,
      dialect,
      'BATCH_JOB_EXECUTION_PARAMS',
      `JOB_EXECUTION_ID ${dialect.columnTypes.bigint} NOT NULL,
       PARAMETER_NAME VARCHAR(100) NOT NULL,
       PARAMETER_TYPE VARCHAR(100) NOT NULL,
       PARAMETER_VALUE VARCHAR(2500),
       IDENTIFYING CHAR(1) NOT NULL,
       ${dialect.primaryKey(['JOB_EXECUTION_ID', 'PARAMETER_NAME'])}
       CONSTRAINT JOB_EXEC_PARAMS_FK FOREIGN KEY (JOB_EXECUTION_ID) REFERENCES BATCH_JOB_EXECUTION (JOB_EXECUTION_ID)`,
    );
  },
};
