/** settle_zone_map: up to which id a log has zones. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_zone_map (table_name VARCHAR(64) NOT NULL PRIMARY KEY,
       extended_to BIGINT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0105_settle_zone_map',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_zone_map (table_name VARCHAR(64) NOT NULL PRIMARY KEY,
       extended_to INTEGER NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
