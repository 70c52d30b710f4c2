/** settle_zone: what is remembered about runs of ids of a log (src/jobs/views/zones/zone.ts). */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_zone (table_name VARCHAR(64) NOT NULL,
       from_id BIGINT NOT NULL,
       to_id BIGINT NOT NULL,
       row_count BIGINT NOT NULL,
       undated_count BIGINT NOT NULL,
       id_sum BIGINT NOT NULL,
       id_square_sum BIGINT NOT NULL,
       min_ms BIGINT NULL,
       max_ms BIGINT NULL,
       strays LONGTEXT NULL,
       PRIMARY KEY (table_name, from_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0104_settle_zone',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_zone (table_name VARCHAR(64) NOT NULL,
       from_id INTEGER NOT NULL,
       to_id INTEGER NOT NULL,
       row_count INTEGER NOT NULL,
       undated_count INTEGER NOT NULL,
       id_sum INTEGER NOT NULL,
       id_square_sum INTEGER NOT NULL,
       min_ms INTEGER NULL,
       max_ms INTEGER NULL,
       strays TEXT NULL,
       PRIMARY KEY (table_name, from_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
