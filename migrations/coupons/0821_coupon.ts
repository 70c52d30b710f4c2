/** coupon: what is given away: how many, and from when until when (closes_at is outside). */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS coupon (id BIGINT NOT NULL PRIMARY KEY,
       quota BIGINT NOT NULL,
       opens_at DATETIME(3) NOT NULL,
       closes_at DATETIME(3) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0821_coupon',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS coupon (id INTEGER NOT NULL PRIMARY KEY,
       quota INTEGER NOT NULL,
       opens_at TEXT NOT NULL,
       closes_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
