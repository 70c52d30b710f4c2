/** settle_partial_verdicts: rows by verdict of each committed chunk. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0107_settle_partial_verdicts',
  up: async (knex, dialect) => {
    const { bigint, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_partial_verdicts',
      `job_instance_id ${bigint} NOT NULL,
       partition_no ${integer} NOT NULL,
       chunk_no ${integer} NOT NULL,
       undated ${bigint} NOT NULL,
       outside ${bigint} NOT NULL,
       invalid ${bigint} NOT NULL,
       self ${bigint} NOT NULL,
       \`repeat\` ${bigint} NOT NULL,
       counted ${bigint} NOT NULL,
       open_of_day ${bigint} NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, chunk_no)`,
    );
  },
};
