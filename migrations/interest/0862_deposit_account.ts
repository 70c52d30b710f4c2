/** deposit_account: the platform's deposit accounts. The opening day accrues interest, the closing day does not. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS deposit_account (id BIGINT NOT NULL PRIMARY KEY,
       product VARCHAR(100) NOT NULL,
       opened_on DATE NOT NULL,
       closed_on DATE NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0862_deposit_account',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS deposit_account (id INTEGER NOT NULL PRIMARY KEY,
       product VARCHAR(100) NOT NULL,
       opened_on TEXT NOT NULL,
       closed_on TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
