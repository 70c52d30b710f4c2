/**
 * settle_publication: what of a business date is to be in Redis (`wanted_revision`) and what is known to be there
 * (`published_revision`, 0 for nothing). Revisions are microseconds on the database's clock, and grow.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_publication (business_date DATE NOT NULL PRIMARY KEY,
       popular_days INT NOT NULL,
       wanted_revision BIGINT NOT NULL,
       published_revision BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0806_settle_publication',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_publication (business_date TEXT NOT NULL PRIMARY KEY,
       popular_days INTEGER NOT NULL,
       wanted_revision INTEGER NOT NULL,
       published_revision INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
