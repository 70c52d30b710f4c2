/** settle_quarantine_staged: rows on their way to the quarantine, until their date is published. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0109_settle_quarantine_staged',
  up: async (knex, dialect) => {
    const { bigint, integer, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_quarantine_staged',
      `job_instance_id ${bigint} NOT NULL,
       row_id ${bigint} NOT NULL,
       partition_no ${integer} NOT NULL,
       reason ${varchar(40)} NOT NULL,
       payload ${longText} NOT NULL,
       PRIMARY KEY (job_instance_id, row_id)`,
    );
  },
};
