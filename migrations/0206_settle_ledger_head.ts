/** settle_ledger_head: the one row that says where the chain of journals ends. Whoever posts holds its lock. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0206_settle_ledger_head',
  up: async (knex, dialect) => {
    const { bigint, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_ledger_head',
      `id ${integer} NOT NULL PRIMARY KEY,
       last_journal_id ${bigint} NOT NULL,
       last_hash ${varchar(64)} NOT NULL`,
    );
  },
};
