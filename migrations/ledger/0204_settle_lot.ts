/**
 * settle_lot: the points of a user that came by one entry, and how many of them are left. Only `remaining` ever changes.
 * The second key finds a user's open lots, and is all that the search for expired ones reads.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_lot (journal_id BIGINT NOT NULL,
       line_no INT NOT NULL,
       user_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       remaining BIGINT NOT NULL,
       granted_at DATETIME(3) NOT NULL,
       expires_at DATETIME(3) NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (user_id, remaining, expires_at, journal_id, line_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0204_settle_lot',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_lot (journal_id INTEGER NOT NULL,
       line_no INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       remaining INTEGER NOT NULL,
       granted_at TEXT NOT NULL,
       expires_at TEXT NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (user_id, remaining, expires_at, journal_id, line_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
