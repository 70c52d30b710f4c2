/** settle_interest_day: the end of each date of each account; accrued / denominator is won, before what is capitalised. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_interest_day (business_date DATE NOT NULL,
       account_id BIGINT NOT NULL,
       balance BIGINT NOT NULL,
       accrued VARCHAR(120) NOT NULL,
       denominator VARCHAR(40) NOT NULL,
       capitalised BIGINT NOT NULL,
       input_digest VARCHAR(64) NOT NULL,
       revision INT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (business_date, account_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0864_settle_interest_day',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_interest_day (business_date TEXT NOT NULL,
       account_id INTEGER NOT NULL,
       balance INTEGER NOT NULL,
       accrued VARCHAR(120) NOT NULL,
       denominator VARCHAR(40) NOT NULL,
       capitalised INTEGER NOT NULL,
       input_digest VARCHAR(64) NOT NULL,
       revision INTEGER NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (business_date, account_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
