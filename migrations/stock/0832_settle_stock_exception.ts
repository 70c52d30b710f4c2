/** settle_stock_exception: products that would fall below 0, from the date on which they would. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_exception (product_id BIGINT NOT NULL PRIMARY KEY,
       business_date DATE NOT NULL,
       movement_id BIGINT NOT NULL,
       reason VARCHAR(190) NOT NULL,
       job_execution_id BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0832_settle_stock_exception',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_exception (product_id INTEGER NOT NULL PRIMARY KEY,
       business_date TEXT NOT NULL,
       movement_id INTEGER NOT NULL,
       reason VARCHAR(190) NOT NULL,
       job_execution_id INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
