/** BATCH_JOB_INSTANCE, as in Spring Batch 6. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0001_batch_job_instance',
  up: async (knex, dialect) => {
    const { bigint } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'BATCH_JOB_INSTANCE',
      `JOB_INSTANCE_ID ${bigint} NOT NULL PRIMARY KEY,
       VERSION ${bigint},
       JOB_NAME VARCHAR(100) NOT NULL,
       JOB_KEY VARCHAR(32) NOT NULL,
       CONSTRAINT JOB_INST_UN UNIQUE (JOB_NAME, JOB_KEY)`,
    );
  },
};
