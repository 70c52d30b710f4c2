/**
 * settle_mapping: which tables of other programs are read under names of ours, as the configuration had it when `settle
 * migrate` made their views. `state` is CHANGING while the views are made, else READY.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_mapping (table_name VARCHAR(64) NOT NULL PRIMARY KEY,
       mapping TEXT NOT NULL,
       state VARCHAR(10) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0900_settle_mapping',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_mapping (table_name VARCHAR(64) NOT NULL PRIMARY KEY,
       mapping TEXT NOT NULL,
       state VARCHAR(10) NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
