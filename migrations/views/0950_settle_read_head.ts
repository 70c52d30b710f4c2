/**
 * settle_read_head: one row. `identity` tells this database from others that share a cache with it; `revision` grows in
 * every transaction that publishes what `settle serve` may keep. Its row is locked until that transaction has committed.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_read_head (id INT NOT NULL PRIMARY KEY,
       identity VARCHAR(36) NOT NULL,
       revision BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0950_settle_read_head',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_read_head (id INTEGER NOT NULL PRIMARY KEY,
       identity VARCHAR(36) NOT NULL,
       revision INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
