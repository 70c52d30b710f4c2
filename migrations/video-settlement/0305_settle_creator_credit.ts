/** settle_creator_credit: what a creator was credited on the ledger for a date; NULL: the suspense account. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_creator_credit (journal_key VARCHAR(100) NOT NULL PRIMARY KEY,
       business_date DATE NOT NULL,
       creator_id BIGINT NULL,
       credit_no INT NOT NULL,
       amount BIGINT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       UNIQUE (business_date, creator_id, credit_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0305_settle_creator_credit',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_creator_credit (journal_key VARCHAR(100) NOT NULL PRIMARY KEY,
       business_date TEXT NOT NULL,
       creator_id INTEGER NULL,
       credit_no INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       job_execution_id INTEGER NOT NULL,
       UNIQUE (business_date, creator_id, credit_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
