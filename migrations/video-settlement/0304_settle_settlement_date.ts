/** settle_settlement_date: which dates are settled, by which run, which are closed, and where creators wait for a credit. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_settlement_date (business_date DATE NOT NULL PRIMARY KEY,
       job_execution_id BIGINT NULL,
       credits_due INT NOT NULL,
       closed_at DATETIME(6) NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0304_settle_settlement_date',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_settlement_date (business_date TEXT NOT NULL PRIMARY KEY,
       job_execution_id INTEGER NULL,
       credits_due INTEGER NOT NULL,
       closed_at TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
