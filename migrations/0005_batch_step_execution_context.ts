/** BATCH_STEP_EXECUTION_CONTEXT, as in Spring Batch 6. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0005_batch_step_execution_context',
  up: async (knex, dialect) => {
    await createTable(
      knex,
      dialect,
      'BATCH_STEP_EXECUTION_CONTEXT',
      `STEP_EXECUTION_ID ${dialect.columnTypes.bigint} NOT NULL PRIMARY KEY,
       SHORT_CONTEXT VARCHAR(2500) NOT NULL,
       SERIALIZED_CONTEXT TEXT,
       CONSTRAINT STEP_EXEC_CTX_FK FOREIGN KEY (STEP_EXECUTION_ID) REFERENCES BATCH_STEP_EXECUTION (STEP_EXECUTION_ID)`,
    );
  },
};
