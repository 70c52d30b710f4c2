/** settle_quarantine: rows of the view log that no statistic can take, with the reason; undated ones belong to no date. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0110_settle_quarantine',
  up: async (knex, dialect) => {
    const { bigint, date, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_quarantine',
      `row_id ${bigint} NOT NULL PRIMARY KEY,
       business_date ${date} NULL,
       reason ${varchar(40)} NOT NULL,
       payload ${longText} NOT NULL,
       job_execution_id ${bigint} NOT NULL,
       UNIQUE (business_date, row_id)`,
    );
  },
};
