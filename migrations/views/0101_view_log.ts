/** view_log: the platform's view log (domain.md section 7). Other programs fill it; settle only reads it, but for import and seed. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS view_log (id BIGINT NOT NULL PRIMARY KEY,
       video_id BIGINT NOT NULL,
       viewer_id BIGINT NOT NULL,
       viewed_at DATETIME(3) NULL,
       play_seconds INT NOT NULL,
       ad_views INT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0101_view_log',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS view_log (id INTEGER NOT NULL PRIMARY KEY,
       video_id INTEGER NOT NULL,
       viewer_id INTEGER NOT NULL,
       viewed_at TEXT NULL,
       play_seconds INTEGER NOT NULL,
       ad_views INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
