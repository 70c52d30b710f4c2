/** settle_entry: the lines of journals; those of one journal sum to 0. Append-only. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0203_settle_entry',
  up: async (knex, dialect) => {
    const { bigint, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_entry',
      `journal_id ${bigint} NOT NULL,
       line_no ${integer} NOT NULL,
       account_type ${varchar(10)} NOT NULL,
       owner_id ${bigint} NOT NULL,
       amount ${bigint} NOT NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (account_type, owner_id, journal_id, line_no)`,
    );
  },
};
