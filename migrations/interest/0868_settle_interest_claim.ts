/** settle_interest_claim: the one execution that may write interest; NULL: none. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_interest_claim (id INT NOT NULL PRIMARY KEY,
       job_execution_id BIGINT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0868_settle_interest_claim',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_interest_claim (id INTEGER NOT NULL PRIMARY KEY,
       job_execution_id INTEGER NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
