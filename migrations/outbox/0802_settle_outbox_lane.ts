/** settle_outbox_lane: up to which id each lane has read the outbox. Rows at or below it are delivered, held or dead. */
import type { Migration } from '../migration.ts';

const servers = [
  'CREATE TABLE IF NOT EXISTS settle_outbox_lane (lane INT NOT NULL PRIMARY KEY, last_id BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
];

export const migration: Migration = {
  name: '0802_settle_outbox_lane',
  sqlite: [
    'CREATE TABLE IF NOT EXISTS settle_outbox_lane (lane INTEGER NOT NULL PRIMARY KEY, last_id INTEGER NOT NULL)',
  ],
  mariadb: servers,
  mysql: servers,
};
