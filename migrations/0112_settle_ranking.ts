/** settle_ranking: the top videos of each period, and the popular ranking over a sliding window of days. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0112_settle_ranking',
  up: async (knex, dialect) => {
    const { bigint, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_ranking',
      `kind ${varchar(8)} NOT NULL,
       label ${varchar(10)} NOT NULL,
       metric ${varchar(12)} NOT NULL,
       place ${integer} NOT NULL,
       video_id ${bigint} NOT NULL,
       value ${bigint} NOT NULL,
       PRIMARY KEY (kind, label, metric, place)`,
    );
  },
};
