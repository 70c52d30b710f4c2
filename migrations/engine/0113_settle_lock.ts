/** settle_lock: rows to lock, by name, where runs of different dates must take turns. */
import type { Migration } from '../migration.ts';

const servers = [
  'CREATE TABLE IF NOT EXISTS settle_lock (name VARCHAR(64) NOT NULL PRIMARY KEY) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
];

export const migration: Migration = {
  name: '0113_settle_lock',
  sqlite: ['CREATE TABLE IF NOT EXISTS settle_lock (name VARCHAR(64) NOT NULL PRIMARY KEY)'],
  mariadb: servers,
  mysql: servers,
};
