/** settle_stock_daily: the stock of a product at the end of a date on which it changed, what changed it, and which movements that rests on (their number and digest up to then). */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_daily (product_id BIGINT NOT NULL,
       business_date DATE NOT NULL,
       on_hand BIGINT NOT NULL,
       reserved BIGINT NOT NULL,
       opening BIGINT NOT NULL,
       received_units BIGINT NOT NULL,
       adjusted_units BIGINT NOT NULL,
       reserved_units BIGINT NOT NULL,
       confirmed_units BIGINT NOT NULL,
       released_units BIGINT NOT NULL,
       timed_out_units BIGINT NOT NULL,
       movements BIGINT NOT NULL,
       digest BIGINT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (product_id, business_date)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0829_settle_stock_daily',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_daily (product_id INTEGER NOT NULL,
       business_date TEXT NOT NULL,
       on_hand INTEGER NOT NULL,
       reserved INTEGER NOT NULL,
       opening INTEGER NOT NULL,
       received_units INTEGER NOT NULL,
       adjusted_units INTEGER NOT NULL,
       reserved_units INTEGER NOT NULL,
       confirmed_units INTEGER NOT NULL,
       released_units INTEGER NOT NULL,
       timed_out_units INTEGER NOT NULL,
       movements INTEGER NOT NULL,
       digest INTEGER NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (product_id, business_date))`,
  ],
  mariadb: servers,
  mysql: servers,
};
