/** settle_creator_credit: what a creator was credited on the ledger for a date; NULL: the suspense account. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0305_settle_creator_credit',
  up: async (knex, dialect) => {
    const { bigint, date, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_creator_credit',
      `journal_key ${varchar(100)} NOT NULL PRIMARY KEY,
       business_date ${date} NOT NULL,
       creator_id ${bigint} NULL,
       credit_no ${integer} NOT NULL,
       amount ${bigint} NOT NULL,
       job_execution_id ${bigint} NOT NULL,
       UNIQUE (business_date, creator_id, credit_no)`,
    );
  },
};
