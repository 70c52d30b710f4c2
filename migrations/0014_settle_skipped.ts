/** settle_skipped: records that a chunk step has passed over, with the reason, for `settle skipped` and `replay`. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0014_settle_skipped',
  up: async (knex, dialect) => {
    const { bigint, instantMicros, integer, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_skipped',
      `job_execution_id ${bigint} NOT NULL,
       step_execution_id ${bigint} NOT NULL,
       skip_no ${integer} NOT NULL,
       step_name ${varchar(100)} NOT NULL,
       phase ${varchar(10)} NOT NULL,
       item_key ${varchar(500)} NOT NULL,
       payload ${longText} NOT NULL,
       error ${varchar(2500)} NOT NULL,
       skipped_at ${instantMicros} NOT NULL,
       replayed_at ${instantMicros} NULL,
       PRIMARY KEY (job_execution_id, step_execution_id, skip_no)`,
    );
  },
};
