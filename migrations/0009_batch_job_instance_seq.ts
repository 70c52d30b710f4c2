/** BATCH_JOB_INSTANCE_SEQ, from which Spring Batch 6 and settle take their ids. */
import { createSequence, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0009_batch_job_instance_seq',
  up: async (knex, dialect) => {
    await createSequence(knex, dialect, 'BATCH_JOB_INSTANCE_SEQ');
  },
};
