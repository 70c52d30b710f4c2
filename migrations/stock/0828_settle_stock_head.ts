/** settle_stock_head: the last row of a product in settle_stock_daily, and the end of its date; its lock is held while the product is settled. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_head (product_id BIGINT NOT NULL PRIMARY KEY,
       revision BIGINT NOT NULL,
       zone VARCHAR(64) NOT NULL,
       through_date DATE NULL,
       through_end DATETIME(3) NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0828_settle_stock_head',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_head (product_id INTEGER NOT NULL PRIMARY KEY,
       revision INTEGER NOT NULL,
       zone VARCHAR(64) NOT NULL,
       through_date TEXT NULL,
       through_end TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
