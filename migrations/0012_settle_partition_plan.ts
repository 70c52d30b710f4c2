/** settle_partition_plan: what a partitioned step's planner found, frozen for its job instance. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0012_settle_partition_plan',
  up: async (knex, dialect) => {
    const { bigint, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_partition_plan',
      `job_instance_id ${bigint} NOT NULL,
       step_name ${varchar(100)} NOT NULL,
       plan_id ${bigint} NOT NULL,
       detail ${longText} NOT NULL,
       PRIMARY KEY (job_instance_id, step_name)`,
    );
  },
};
