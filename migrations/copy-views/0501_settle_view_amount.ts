/** settle_view_amount: what the job `copy-views` writes, one row for each view. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_view_amount (id BIGINT NOT NULL,
       video_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0501_settle_view_amount',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_view_amount (id INTEGER NOT NULL,
       video_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       PRIMARY KEY (id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
