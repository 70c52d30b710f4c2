/** settle_rate_card: every rate card that was imported, as canonical JSON; 0 is the one that is shipped. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_rate_card (card_no INT NOT NULL PRIMARY KEY,
       name VARCHAR(100) NOT NULL,
       effective_from DATE NOT NULL,
       digest VARCHAR(64) NOT NULL UNIQUE,
       body LONGTEXT NOT NULL,
       imported_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0301_settle_rate_card',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_rate_card (card_no INTEGER NOT NULL PRIMARY KEY,
       name VARCHAR(100) NOT NULL,
       effective_from TEXT NOT NULL,
       digest VARCHAR(64) NOT NULL UNIQUE,
       body TEXT NOT NULL,
       imported_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
