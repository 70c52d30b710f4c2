/** video_daily_stats: the result that dashboards read; a video without a counted row on a date has no row. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS video_daily_stats (business_date DATE NOT NULL,
       video_id BIGINT NOT NULL,
       views BIGINT NOT NULL,
       ad_views BIGINT NOT NULL,
       play_seconds BIGINT NOT NULL,
       PRIMARY KEY (business_date, video_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0103_video_daily_stats',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS video_daily_stats (business_date TEXT NOT NULL,
       video_id INTEGER NOT NULL,
       views INTEGER NOT NULL,
       ad_views INTEGER NOT NULL,
       play_seconds INTEGER NOT NULL,
       PRIMARY KEY (business_date, video_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
