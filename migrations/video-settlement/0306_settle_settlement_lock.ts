/** settle_settlement_lock: its one row is locked by whoever changes settlements, so that two dates never cross. */
import type { Migration } from '../migration.ts';

const servers = [
  'CREATE TABLE IF NOT EXISTS settle_settlement_lock (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
];

export const migration: Migration = {
  name: '0306_settle_settlement_lock',
  sqlite: ['CREATE TABLE IF NOT EXISTS settle_settlement_lock (id INTEGER NOT NULL PRIMARY KEY)'],
  mariadb: servers,
  mysql: servers,
};
