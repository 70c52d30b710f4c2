/** BATCH_JOB_EXECUTION_SEQ: the primary key that a sequence table of an earlier settle, or of Spring Batch itself, lacks (MySQL). */
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0603_batch_job_execution_seq_key',
  up: (knex, dialect) => dialect.renewSequence(knex, 'BATCH_JOB_EXECUTION_SEQ'),
};
