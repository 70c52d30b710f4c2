/** settle_outbox: notifications for a single consumer, with ids in the order of their commits (settle_outbox_next). */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_outbox (id BIGINT NOT NULL PRIMARY KEY,
       topic VARCHAR(64) NOT NULL,
       \`key\` VARCHAR(190) NOT NULL,
       payload LONGTEXT NOT NULL,
       created_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0406_settle_outbox',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_outbox (id INTEGER NOT NULL PRIMARY KEY,
       topic VARCHAR(64) NOT NULL,
       "key" VARCHAR(190) NOT NULL,
       payload TEXT NOT NULL,
       created_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
