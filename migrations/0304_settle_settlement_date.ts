/** settle_settlement_date: which dates are settled, by which run, which are closed, and where creators wait for a credit. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0304_settle_settlement_date',
  up: async (knex, dialect) => {
    const { bigint, date, instantMicros, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_settlement_date',
      `business_date ${date} NOT NULL PRIMARY KEY,
       job_execution_id ${bigint} NULL,
       credits_due ${integer} NOT NULL,
       closed_at ${instantMicros} NULL`,
    );
  },
};
