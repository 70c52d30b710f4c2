/** settle_quarantine: rows of the view log that no statistic can take, with the reason; undated ones belong to no date. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_quarantine (row_id BIGINT NOT NULL PRIMARY KEY,
       business_date DATE NULL,
       reason VARCHAR(40) NOT NULL,
       payload LONGTEXT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       UNIQUE (business_date, row_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0110_settle_quarantine',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_quarantine (row_id INTEGER NOT NULL PRIMARY KEY,
       business_date TEXT NULL,
       reason VARCHAR(40) NOT NULL,
       payload TEXT NOT NULL,
       job_execution_id INTEGER NOT NULL,
       UNIQUE (business_date, row_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
