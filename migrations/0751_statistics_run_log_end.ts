/** settle_statistics_run.log_end_id: the largest id of the log that the plan of the run knew; NULL for earlier versions. */
import { addColumn, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0751_statistics_run_log_end',
  up: (knex, dialect) => addColumn(knex, 'settle_statistics_run', 'log_end_id', `${dialect.columnTypes.bigint} NULL`),
};
