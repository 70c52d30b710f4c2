/** BATCH_STEP_EXECUTION, as in Spring Batch 6. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0004_batch_step_execution',
  up: async (knex, dialect) => {
    const { bigint, instantMicros } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'BATCH_STEP_EXECUTION',
      `STEP_EXECUTION_ID ${bigint} NOT NULL PRIMARY KEY,
       VERSION ${bigint} NOT NULL,
       STEP_NAME VARCHAR(100) NOT NULL,
       JOB_EXECUTION_ID ${bigint} NOT NULL,
       CREATE_TIME ${instantMicros} NOT NULL,
       START_TIME ${instantMicros} DEFAULT NULL,
       END_TIME ${instantMicros} DEFAULT NULL,
       STATUS VARCHAR(10),
       COMMIT_COUNT ${bigint},
       READ_COUNT ${bigint},
       FILTER_COUNT ${bigint},
       WRITE_COUNT ${bigint},
       READ_SKIP_COUNT ${bigint},
       WRITE_SKIP_COUNT ${bigint},
       PROCESS_SKIP_COUNT ${bigint},
       ROLLBACK_COUNT ${bigint},
       EXIT_CODE VARCHAR(2500),
       EXIT_MESSAGE VARCHAR(2500),
       LAST_UPDATED ${instantMicros},
       CONSTRAINT JOB_EXEC_STEP_FK FOREIGN KEY (JOB_EXECUTION_ID) REFERENCES BATCH_JOB_EXECUTION (JOB_EXECUTION_ID)`,
    );
  },
};
