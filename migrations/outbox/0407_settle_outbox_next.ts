/**
 * settle_outbox_next: the next id of settle_outbox, in one row. Its lock is held from the taking of ids to the commit,
 * so that ids become visible in their order; and it outlives the rows, which a consumer may delete.
 */
import type { Migration } from '../migration.ts';

const servers = [
  'CREATE TABLE IF NOT EXISTS settle_outbox_next (singleton INT NOT NULL PRIMARY KEY, next_id BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
];

export const migration: Migration = {
  name: '0407_settle_outbox_next',
  sqlite: [
    'CREATE TABLE IF NOT EXISTS settle_outbox_next (singleton INTEGER NOT NULL PRIMARY KEY, next_id INTEGER NOT NULL)',
  ],
  mariadb: servers,
  mysql: servers,
};
