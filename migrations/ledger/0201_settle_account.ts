/** settle_account: the accounts of the ledger and what each holds now; the balance equals the sum of its entries. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_account (account_type VARCHAR(10) NOT NULL,
       owner_id BIGINT NOT NULL,
       balance BIGINT NOT NULL,
       PRIMARY KEY (account_type, owner_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0201_settle_account',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_account (account_type VARCHAR(10) NOT NULL,
       owner_id INTEGER NOT NULL,
       balance INTEGER NOT NULL,
       PRIMARY KEY (account_type, owner_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
