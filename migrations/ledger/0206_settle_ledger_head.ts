/** settle_ledger_head: the one row that says where the chain of journals ends. Whoever posts holds its lock. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_ledger_head (id INT NOT NULL PRIMARY KEY,
       last_journal_id BIGINT NOT NULL,
       last_hash VARCHAR(64) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0206_settle_ledger_head',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_ledger_head (id INTEGER NOT NULL PRIMARY KEY,
       last_journal_id INTEGER NOT NULL,
       last_hash VARCHAR(64) NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
