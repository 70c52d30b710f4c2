/** BATCH_JOB_EXECUTION, as in Spring Batch 6. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0002_batch_job_execution',
  up: async (knex, dialect) => {
    const { bigint, instantMicros } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'BATCH_JOB_EXECUTION',
      `JOB_EXECUTION_ID ${bigint} NOT NULL PRIMARY KEY,
       VERSION ${bigint},
       JOB_INSTANCE_ID ${bigint} NOT NULL,
       CREATE_TIME ${instantMicros} NOT NULL,
       START_TIME ${instantMicros} DEFAULT NULL,
       END_TIME ${instantMicros} DEFAULT NULL,
       STATUS VARCHAR(10),
       EXIT_CODE VARCHAR(2500),
       EXIT_MESSAGE VARCHAR(2500),
       LAST_UPDATED ${instantMicros},
       CONSTRAINT JOB_INST_EXEC_FK FOREIGN KEY (JOB_INSTANCE_ID) REFERENCES BATCH_JOB_INSTANCE (JOB_INSTANCE_ID)`,
    );
  },
};
