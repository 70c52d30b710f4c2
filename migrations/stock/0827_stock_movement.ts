/** stock_movement: what happened to a product, in whatever order the rows arrive. The unique key is an index: the movements of a product in their order. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS stock_movement (id BIGINT NOT NULL PRIMARY KEY,
       product_id BIGINT NOT NULL,
       kind VARCHAR(10) NOT NULL,
       quantity BIGINT NOT NULL,
       reservation_id VARCHAR(64) NULL,
       happened_at DATETIME(3) NOT NULL,
       UNIQUE (product_id, happened_at, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0827_stock_movement',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS stock_movement (id INTEGER NOT NULL PRIMARY KEY,
       product_id INTEGER NOT NULL,
       kind VARCHAR(10) NOT NULL,
       quantity INTEGER NOT NULL,
       reservation_id VARCHAR(64) NULL,
       happened_at TEXT NOT NULL,
       UNIQUE (product_id, happened_at, id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
