/** settle_statistics_run: which run made the statistics of a date, with which zone and policy, and its verdicts. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_statistics_run (business_date DATE NOT NULL PRIMARY KEY,
       zone VARCHAR(64) NOT NULL,
       policy LONGTEXT NOT NULL,
       verdicts LONGTEXT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       computed_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0111_settle_statistics_run',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_statistics_run (business_date TEXT NOT NULL PRIMARY KEY,
       zone VARCHAR(64) NOT NULL,
       policy TEXT NOT NULL,
       verdicts TEXT NOT NULL,
       job_execution_id INTEGER NOT NULL,
       computed_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
