/** settle_payment_run: which run reconciled a date, by which policy, and the counts and sums of its classes as JSON. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_run (business_date DATE NOT NULL PRIMARY KEY,
       zone VARCHAR(64) NOT NULL,
       job_execution_id BIGINT NOT NULL,
       timeout_hours INT NOT NULL,
       points_days INT NOT NULL,
       totals LONGTEXT NOT NULL,
       changed BIGINT NOT NULL,
       computed_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0847_settle_payment_run',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_run (business_date TEXT NOT NULL PRIMARY KEY,
       zone VARCHAR(64) NOT NULL,
       job_execution_id INTEGER NOT NULL,
       timeout_hours INTEGER NOT NULL,
       points_days INTEGER NOT NULL,
       totals TEXT NOT NULL,
       changed INTEGER NOT NULL,
       computed_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
