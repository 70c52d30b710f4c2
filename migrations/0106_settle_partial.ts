/** settle_partial: encoded sums and open views that partitions have committed and that are not yet published. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0106_settle_partial',
  up: async (knex, dialect) => {
    const { bigint, blob, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_partial',
      `job_instance_id ${bigint} NOT NULL,
       partition_no ${integer} NOT NULL,
       chunk_no ${integer} NOT NULL,
       kind ${varchar(8)} NOT NULL,
       bucket ${integer} NOT NULL,
       piece ${integer} NOT NULL,
       body ${blob} NOT NULL,
       PRIMARY KEY (job_instance_id, kind, bucket, partition_no, chunk_no, piece)`,
    );
  },
};
