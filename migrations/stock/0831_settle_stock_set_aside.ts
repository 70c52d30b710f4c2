/** settle_stock_set_aside: movements that change nothing, and why. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_set_aside (product_id BIGINT NOT NULL,
       movement_id BIGINT NOT NULL,
       business_date DATE NOT NULL,
       reason VARCHAR(32) NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (product_id, movement_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0831_settle_stock_set_aside',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_set_aside (product_id INTEGER NOT NULL,
       movement_id INTEGER NOT NULL,
       business_date TEXT NOT NULL,
       reason VARCHAR(32) NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (product_id, movement_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
