/** settle_outbox_attempt: every try to deliver a row of the outbox, and what the receiver answered. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_outbox_attempt (outbox_id BIGINT NOT NULL,
       attempt INT NOT NULL,
       epoch BIGINT NOT NULL,
       attempted_at DATETIME(6) NOT NULL,
       outcome VARCHAR(8) NOT NULL,
       answer VARCHAR(500) NOT NULL,
       PRIMARY KEY (outbox_id, attempt),
       INDEX settle_outbox_attempt_time (attempted_at, outcome)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0805_settle_outbox_attempt',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_outbox_attempt (outbox_id INTEGER NOT NULL,
       attempt INTEGER NOT NULL,
       epoch INTEGER NOT NULL,
       attempted_at TEXT NOT NULL,
       outcome TEXT NOT NULL,
       answer TEXT NOT NULL,
       PRIMARY KEY (outbox_id, attempt))`,
    'CREATE INDEX IF NOT EXISTS settle_outbox_attempt_time ON settle_outbox_attempt (attempted_at, outcome)',
  ],
  mariadb: servers,
  mysql: servers,
};
