/** settle_read_revision: the revision of settle_read_head at which a date of a subject was last published. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_read_revision (subject VARCHAR(20) NOT NULL,
       business_date DATE NOT NULL,
       revision BIGINT NOT NULL,
       PRIMARY KEY (subject, business_date)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0951_settle_read_revision',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_read_revision (subject VARCHAR(20) NOT NULL,
       business_date TEXT NOT NULL,
       revision INTEGER NOT NULL,
       PRIMARY KEY (subject, business_date))`,
  ],
  mariadb: servers,
  mysql: servers,
};
