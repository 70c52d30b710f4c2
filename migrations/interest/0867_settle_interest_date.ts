/** settle_interest_date: dates whose accrual has begun, and since when they are complete. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_interest_date (business_date DATE NOT NULL PRIMARY KEY,
       job_execution_id BIGINT NOT NULL,
       completed_at DATETIME(6) NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0867_settle_interest_date',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_interest_date (business_date TEXT NOT NULL PRIMARY KEY,
       job_execution_id INTEGER NOT NULL,
       completed_at TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
