/** settle_journal: one row a journal; ids are its place in the chain, without gaps. Append-only. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0202_settle_journal',
  up: async (knex, dialect) => {
    const { bigint, date, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_journal',
      `id ${bigint} NOT NULL PRIMARY KEY,
       journal_key ${varchar(190)} NOT NULL UNIQUE,
       kind ${varchar(40)} NOT NULL,
       business_date ${date} NOT NULL,
       reason ${varchar(500)} NOT NULL,
       reverses_id ${bigint} NULL UNIQUE,
       line_count ${integer} NOT NULL,
       content_digest ${varchar(64)} NOT NULL,
       hash_version ${integer} NOT NULL,
       previous_hash ${varchar(64)} NOT NULL,
       hash ${varchar(64)} NOT NULL`,
    );
  },
};
