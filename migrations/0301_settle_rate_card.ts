/** settle_rate_card: every rate card that was imported, as canonical JSON; 0 is the one that is shipped. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0301_settle_rate_card',
  up: async (knex, dialect) => {
    const { date, instantMicros, integer, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_rate_card',
      `card_no ${integer} NOT NULL PRIMARY KEY,
       name ${varchar(100)} NOT NULL,
       effective_from ${date} NOT NULL,
       digest ${varchar(64)} NOT NULL UNIQUE,
       body ${longText} NOT NULL,
       imported_at ${instantMicros} NOT NULL`,
    );
  },
};
