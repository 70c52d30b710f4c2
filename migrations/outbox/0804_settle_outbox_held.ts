/**
 * settle_outbox_held: rows of the outbox that a lane has read and not delivered. `waiting` for their next try (or for an
 * earlier one of their key: next_attempt_at is null then), or `dead`.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_outbox_held (id BIGINT NOT NULL PRIMARY KEY,
       lane INT NOT NULL,
       state VARCHAR(8) NOT NULL,
       topic VARCHAR(64) NOT NULL,
       \`key\` VARCHAR(190) NOT NULL,
       tries INT NOT NULL,
       attempts INT NOT NULL,
       next_attempt_at DATETIME(6) NULL,
       answer VARCHAR(500) NOT NULL,
       INDEX settle_outbox_held_lane (state, lane, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0804_settle_outbox_held',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_outbox_held (id INTEGER NOT NULL PRIMARY KEY,
       lane INTEGER NOT NULL,
       state TEXT NOT NULL,
       topic TEXT NOT NULL,
       "key" TEXT NOT NULL,
       tries INTEGER NOT NULL,
       attempts INTEGER NOT NULL,
       next_attempt_at TEXT NULL,
       answer TEXT NOT NULL)`,
    'CREATE INDEX IF NOT EXISTS settle_outbox_held_lane ON settle_outbox_held (state, lane, id)',
  ],
  mariadb: servers,
  mysql: servers,
};
