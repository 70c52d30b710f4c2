/** settle_statistics_run: which run made the statistics of a date, with which zone and policy, and its verdicts. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0111_settle_statistics_run',
  up: async (knex, dialect) => {
    const { bigint, date, instantMicros, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_statistics_run',
      `business_date ${date} NOT NULL PRIMARY KEY,
       zone ${varchar(64)} NOT NULL,
       policy ${longText} NOT NULL,
       verdicts ${longText} NOT NULL,
       job_execution_id ${bigint} NOT NULL,
       computed_at ${instantMicros} NOT NULL`,
    );
  },
};
