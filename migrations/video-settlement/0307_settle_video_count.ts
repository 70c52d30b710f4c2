/** settle_video_count: counts of a video summed over a whole month (`2026-05`) or year (`2026`); all of it can be made anew. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_video_count (period VARCHAR(7) NOT NULL,
       video_id BIGINT NOT NULL,
       views BIGINT NOT NULL,
       ads BIGINT NOT NULL,
       PRIMARY KEY (period, video_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0307_settle_video_count',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_video_count (period VARCHAR(7) NOT NULL,
       video_id INTEGER NOT NULL,
       views INTEGER NOT NULL,
       ads INTEGER NOT NULL,
       PRIMARY KEY (period, video_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
