/** settle_video_count: counts of a video summed over a whole month (`2026-05`) or year (`2026`); all of it can be made anew. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0307_settle_video_count',
  up: async (knex, dialect) => {
    const { bigint, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_video_count',
      `period ${varchar(7)} NOT NULL,
       video_id ${bigint} NOT NULL,
       views ${bigint} NOT NULL,
       ads ${bigint} NOT NULL,
       PRIMARY KEY (period, video_id)`,
    );
  },
};
