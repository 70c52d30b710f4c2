/** settle_account: the accounts of the ledger and what each holds now; the balance equals the sum of its entries. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0201_settle_account',
  up: async (knex, dialect) => {
    const { bigint, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_account',
      `account_type ${varchar(10)} NOT NULL,
       owner_id ${bigint} NOT NULL,
       balance ${bigint} NOT NULL,
       PRIMARY KEY (account_type, owner_id)`,
    );
  },
};
