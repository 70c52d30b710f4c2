/**
 * settle_consumption: which lots an entry took points from. A negative amount gives points back to the lot;
 * `restores_id` is then the journal that had taken them, and 0 otherwise. Append-only.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_consumption (journal_id BIGINT NOT NULL,
       line_no INT NOT NULL,
       lot_journal_id BIGINT NOT NULL,
       lot_line_no INT NOT NULL,
       restores_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       PRIMARY KEY (journal_id, line_no, lot_journal_id, lot_line_no, restores_id),
       UNIQUE (restores_id, journal_id, line_no, lot_journal_id, lot_line_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0205_settle_consumption',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_consumption (journal_id INTEGER NOT NULL,
       line_no INTEGER NOT NULL,
       lot_journal_id INTEGER NOT NULL,
       lot_line_no INTEGER NOT NULL,
       restores_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       PRIMARY KEY (journal_id, line_no, lot_journal_id, lot_line_no, restores_id),
       UNIQUE (restores_id, journal_id, line_no, lot_journal_id, lot_line_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
