/** view_log: the platform's view log (domain.md section 7). Other programs fill it; settle only reads it, but for import and seed. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0101_view_log',
  up: async (knex, dialect) => {
    const { bigint, instantMillis, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'view_log',
      `id ${bigint} NOT NULL PRIMARY KEY,
       video_id ${bigint} NOT NULL,
       viewer_id ${bigint} NOT NULL,
       viewed_at ${instantMillis} NULL,
       play_seconds ${integer} NOT NULL,
       ad_views ${integer} NOT NULL`,
    );
  },
};
