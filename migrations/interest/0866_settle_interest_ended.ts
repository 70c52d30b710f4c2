/** settle_interest_ended: accounts whose last day has been accrued, and the digest of what that followed from. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_interest_ended (account_id BIGINT NOT NULL PRIMARY KEY,
       input_digest VARCHAR(64) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0866_settle_interest_ended',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_interest_ended (account_id INTEGER NOT NULL PRIMARY KEY,
       input_digest VARCHAR(64) NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
