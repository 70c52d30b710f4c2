/** stock: products and what was on hand before their first movement. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS stock (product_id BIGINT NOT NULL PRIMARY KEY,
       on_hand BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0826_stock',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS stock (product_id INTEGER NOT NULL PRIMARY KEY,
       on_hand INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
