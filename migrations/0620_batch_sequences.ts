/**
 * The three id sequences behind the ids that are there: the tables may be a Spring Batch application's, which up to
 * version 5 took the ids of instances from BATCH_JOB_SEQ.
 */
import type { Migration } from './migration.ts';

const SEQUENCES = [
  ['BATCH_JOB_INSTANCE_SEQ', 'BATCH_JOB_INSTANCE', 'JOB_INSTANCE_ID'],
  ['BATCH_JOB_EXECUTION_SEQ', 'BATCH_JOB_EXECUTION', 'JOB_EXECUTION_ID'],
  ['BATCH_STEP_EXECUTION_SEQ', 'BATCH_STEP_EXECUTION', 'STEP_EXECUTION_ID'],
] as const;

export const migration: Migration = {
  name: '0620_batch_sequences',
  up: async (knex, dialect) => {
    for (const [sequence, table, column] of SEQUENCES) {
      const [{ last }] = (await knex(table).max({ last: column })) as { last: string | number | null }[];
      if (last !== null) await dialect.raiseSequence(knex, sequence, Number(last));
    }
  },
};
