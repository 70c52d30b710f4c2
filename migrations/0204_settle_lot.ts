/**
 * settle_lot: the points of a user that came by one entry, and how many of them are left. Only `remaining` ever changes.
 * The second key finds a user's open lots, and is all that the search for expired ones reads.
 */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0204_settle_lot',
  up: async (knex, dialect) => {
    const { bigint, instantMillis, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_lot',
      `journal_id ${bigint} NOT NULL,
       line_no ${integer} NOT NULL,
       user_id ${bigint} NOT NULL,
       amount ${bigint} NOT NULL,
       remaining ${bigint} NOT NULL,
       granted_at ${instantMillis} NOT NULL,
       expires_at ${instantMillis} NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (user_id, remaining, expires_at, journal_id, line_no)`,
    );
  },
};
