/** BATCH_STEP_EXECUTION_SEQ, from which Spring Batch 6 and settle take their ids. */
import { createSequence, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0007_batch_step_execution_seq',
  up: async (knex, dialect) => {
    await createSequence(knex, dialect, 'BATCH_STEP_EXECUTION_SEQ');
  },
};
