/** video_daily_stats: the result that dashboards read; a video without a counted row on a date has no row. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0103_video_daily_stats',
  up: async (knex, dialect) => {
    const { bigint, date } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'video_daily_stats',
      `business_date ${date} NOT NULL,
       video_id ${bigint} NOT NULL,
       views ${bigint} NOT NULL,
       ad_views ${bigint} NOT NULL,
       play_seconds ${bigint} NOT NULL,
       PRIMARY KEY (business_date, video_id)`,
    );
  },
};
