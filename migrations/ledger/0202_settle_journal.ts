/** settle_journal: one row a journal; ids are its place in the chain, without gaps. Append-only. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_journal (id BIGINT NOT NULL PRIMARY KEY,
       journal_key VARCHAR(190) NOT NULL UNIQUE,
       kind VARCHAR(40) NOT NULL,
       business_date DATE NOT NULL,
       reason VARCHAR(500) NOT NULL,
       reverses_id BIGINT NULL UNIQUE,
       line_count INT NOT NULL,
       content_digest VARCHAR(64) NOT NULL,
       hash_version INT NOT NULL,
       previous_hash VARCHAR(64) NOT NULL,
       hash VARCHAR(64) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0202_settle_journal',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_journal (id INTEGER NOT NULL PRIMARY KEY,
       journal_key VARCHAR(190) NOT NULL UNIQUE,
       kind VARCHAR(40) NOT NULL,
       business_date TEXT NOT NULL,
       reason VARCHAR(500) NOT NULL,
       reverses_id INTEGER NULL UNIQUE,
       line_count INTEGER NOT NULL,
       content_digest VARCHAR(64) NOT NULL,
       hash_version INTEGER NOT NULL,
       previous_hash VARCHAR(64) NOT NULL,
       hash VARCHAR(64) NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
