/** settle_video_count_period: which months and years are summed, from which publications of statistics, and last checked when. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_video_count_period (period VARCHAR(7) NOT NULL PRIMARY KEY,
       publications_digest VARCHAR(64) NOT NULL,
       content_digest VARCHAR(64) NOT NULL,
       rows_summed BIGINT NOT NULL,
       videos BIGINT NOT NULL,
       checked_job_execution_id BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0308_settle_video_count_period',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_video_count_period (period VARCHAR(7) NOT NULL PRIMARY KEY,
       publications_digest VARCHAR(64) NOT NULL,
       content_digest VARCHAR(64) NOT NULL,
       rows_summed INTEGER NOT NULL,
       videos INTEGER NOT NULL,
       checked_job_execution_id INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
