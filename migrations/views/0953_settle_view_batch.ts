/** settle_view_batch: batches of views that were posted, with what each view was told, so that a second post changes nothing. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_view_batch (batch_key VARCHAR(64) NOT NULL PRIMARY KEY,
       digest VARCHAR(64) NOT NULL,
       posted_at DATETIME(6) NOT NULL,
       first_id BIGINT NULL,
       from_at DATETIME(3) NULL,
       to_at DATETIME(3) NULL,
       verdicts LONGTEXT NOT NULL,
       INDEX settle_view_batch_posted (posted_at),
       INDEX settle_view_batch_to (to_at)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0953_settle_view_batch',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_view_batch (batch_key TEXT NOT NULL PRIMARY KEY,
       digest TEXT NOT NULL,
       posted_at TEXT NOT NULL,
       first_id INTEGER NULL,
       from_at TEXT NULL,
       to_at TEXT NULL,
       verdicts TEXT NOT NULL)`,
    'CREATE INDEX IF NOT EXISTS settle_view_batch_posted ON settle_view_batch (posted_at)',
    'CREATE INDEX IF NOT EXISTS settle_view_batch_to ON settle_view_batch (to_at)',
  ],
  mariadb: servers,
  mysql: servers,
};
