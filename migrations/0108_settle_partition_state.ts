/** settle_partition_state: bulky state of a partition at its last checkpoint: rows and windows that wait for later ones. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0108_settle_partition_state',
  up: async (knex, dialect) => {
    const { bigint, blob, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_partition_state',
      `job_instance_id ${bigint} NOT NULL,
       partition_no ${integer} NOT NULL,
       piece ${integer} NOT NULL,
       body ${blob} NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, piece)`,
    );
  },
};
