/** BATCH_JOB_EXECUTION_CONTEXT, as in Spring Batch 6. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0006_batch_job_execution_context',
  up: async (knex, dialect) => {
    await createTable(
      knex,
      dialect,
      'BATCH_JOB_EXECUTION_CONTEXT',
      `JOB_EXECUTION_ID ${dialect.columnTypes.bigint} NOT NULL PRIMARY KEY,
       SHORT_CONTEXT VARCHAR(2500) NOT NULL,
       SERIALIZED_CONTEXT TEXT,
       CONSTRAINT JOB_EXEC_CTX_FK FOREIGN KEY (JOB_EXECUTION_ID) REFERENCES BATCH_JOB_EXECUTION (JOB_EXECUTION_ID)`,
    );
  },
};
