/** settle_payment_begun: the dates whose reconciliation has begun, whether it ended or not; the first one is where payments begin. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_begun (
       business_date DATE NOT NULL PRIMARY KEY) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0930_settle_payment_begun',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_begun (
       business_date TEXT NOT NULL PRIMARY KEY)`,
  ],
  mariadb: servers,
  mysql: servers,
};
