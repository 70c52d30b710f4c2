/** deposit_entry: what was paid in and out, in whole won. The unique key is an index that holds all that accrual reads. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS deposit_entry (id BIGINT NOT NULL PRIMARY KEY,
       account_id BIGINT NOT NULL,
       value_date DATE NOT NULL,
       amount BIGINT NOT NULL,
       UNIQUE (account_id, value_date, id, amount)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0863_deposit_entry',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS deposit_entry (id INTEGER NOT NULL PRIMARY KEY,
       account_id INTEGER NOT NULL,
       value_date TEXT NOT NULL,
       amount INTEGER NOT NULL,
       UNIQUE (account_id, value_date, id, amount))`,
  ],
  mariadb: servers,
  mysql: servers,
};
