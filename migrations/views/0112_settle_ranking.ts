/** settle_ranking: the top videos of each period, and the popular ranking over a sliding window of days. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_ranking (kind VARCHAR(8) NOT NULL,
       label VARCHAR(10) NOT NULL,
       metric VARCHAR(12) NOT NULL,
       place INT NOT NULL,
       video_id BIGINT NOT NULL,
       value BIGINT NOT NULL,
       PRIMARY KEY (kind, label, metric, place)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0112_settle_ranking',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_ranking (kind VARCHAR(8) NOT NULL,
       label VARCHAR(10) NOT NULL,
       metric VARCHAR(12) NOT NULL,
       place INTEGER NOT NULL,
       video_id INTEGER NOT NULL,
       value INTEGER NOT NULL,
       PRIMARY KEY (kind, label, metric, place))`,
  ],
  mariadb: servers,
  mysql: servers,
};
