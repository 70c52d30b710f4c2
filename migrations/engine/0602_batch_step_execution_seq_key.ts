/** BATCH_STEP_EXECUTION_SEQ: the primary key that a sequence table of an earlier settle, or of Spring Batch itself, lacks. */
import type { Migration } from '../migration.ts';
import { renewSequence } from './primary-key.ts';

const servers = [renewSequence('BATCH_STEP_EXECUTION_SEQ')];

export const migration: Migration = {
  name: '0602_batch_step_execution_seq_key',
  sqlite: [],
  mariadb: servers,
  mysql: servers,
};
