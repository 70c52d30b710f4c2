/** settle_entry: the lines of journals; those of one journal sum to 0. Append-only. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_entry (journal_id BIGINT NOT NULL,
       line_no INT NOT NULL,
       account_type VARCHAR(10) NOT NULL,
       owner_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (account_type, owner_id, journal_id, line_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0203_settle_entry',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_entry (journal_id INTEGER NOT NULL,
       line_no INTEGER NOT NULL,
       account_type VARCHAR(10) NOT NULL,
       owner_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (account_type, owner_id, journal_id, line_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
