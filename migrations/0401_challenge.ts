/** challenge: the platform's challenges. The unique key is an index: what is still to be decided, by id. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0401_challenge',
  up: async (knex, dialect) => {
    const { bigint, integer, date, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'challenge',
      `id ${bigint} NOT NULL PRIMARY KEY,
       status ${varchar(10)} NOT NULL,
       start_date ${date} NOT NULL,
       end_date ${date} NOT NULL,
       min_members ${integer} NOT NULL DEFAULT 1,
       stake ${bigint} NOT NULL,
       threshold_percent ${integer} NOT NULL DEFAULT 70,
       fee_bp ${integer} NOT NULL DEFAULT 0,
       no_winner_policy ${varchar(10)} NOT NULL DEFAULT 'refund',
       UNIQUE (status, id)`,
    );
  },
};
