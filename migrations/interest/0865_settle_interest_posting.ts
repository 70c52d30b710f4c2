/** settle_interest_posting: interest that became balance, and its corrections; rows are only added. Unique: by date of booking. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_interest_posting (account_id BIGINT NOT NULL,
       period_end DATE NOT NULL,
       posting_no INT NOT NULL,
       booked_date DATE NOT NULL,
       value_date DATE NOT NULL,
       amount BIGINT NOT NULL,
       corrected_job_execution_id BIGINT NULL,
       job_execution_id BIGINT NOT NULL,
       journal_key VARCHAR(190) NOT NULL,
       PRIMARY KEY (account_id, period_end, posting_no),
       UNIQUE (booked_date, account_id, period_end, posting_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0865_settle_interest_posting',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_interest_posting (account_id INTEGER NOT NULL,
       period_end TEXT NOT NULL,
       posting_no INTEGER NOT NULL,
       booked_date TEXT NOT NULL,
       value_date TEXT NOT NULL,
       amount INTEGER NOT NULL,
       corrected_job_execution_id INTEGER NULL,
       job_execution_id INTEGER NOT NULL,
       journal_key VARCHAR(190) NOT NULL,
       PRIMARY KEY (account_id, period_end, posting_no),
       UNIQUE (booked_date, account_id, period_end, posting_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
