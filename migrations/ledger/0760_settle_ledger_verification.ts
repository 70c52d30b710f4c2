/** settle_ledger_verification: one row, the last result of `settle ledger verify`; money jobs and `doctor` look at it. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_ledger_verification (id INT NOT NULL PRIMARY KEY,
       verified_at DATETIME(6) NOT NULL,
       is_sound INT NOT NULL,
       head_id BIGINT NULL,
       head_hash VARCHAR(64) NULL,
       journals BIGINT NOT NULL,
       against_known_ends INT NOT NULL,
       misfit_place VARCHAR(200) NULL,
       misfit_problem VARCHAR(500) NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0760_settle_ledger_verification',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_ledger_verification (id INTEGER NOT NULL PRIMARY KEY,
       verified_at TEXT NOT NULL,
       is_sound INTEGER NOT NULL,
       head_id INTEGER NULL,
       head_hash VARCHAR(64) NULL,
       journals INTEGER NOT NULL,
       against_known_ends INTEGER NOT NULL,
       misfit_place VARCHAR(200) NULL,
       misfit_problem VARCHAR(500) NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
