/** settle_partition: the frozen ranges of a partitioned step and how each of them stands. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0013_settle_partition',
  up: async (knex, dialect) => {
    const { bigint, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_partition',
      `job_instance_id ${bigint} NOT NULL,
       step_name ${varchar(100)} NOT NULL,
       partition_no ${integer} NOT NULL,
       min_id ${bigint} NOT NULL,
       max_id ${bigint} NOT NULL,
       rows_expected ${bigint} NOT NULL,
       status ${varchar(10)} NOT NULL,
       step_execution_id ${bigint},
       PRIMARY KEY (job_instance_id, step_name, partition_no)`,
    );
  },
};
