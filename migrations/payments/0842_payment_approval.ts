/** payment_approval: what the payment provider says of the orders. The unique key is an index: the approvals of an order. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS payment_approval (id BIGINT NOT NULL PRIMARY KEY,
       order_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       status VARCHAR(10) NOT NULL,
       approved_at DATETIME(3) NOT NULL,
       UNIQUE (order_id, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0842_payment_approval',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS payment_approval (id INTEGER NOT NULL PRIMARY KEY,
       order_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       status VARCHAR(10) NOT NULL,
       approved_at TEXT NOT NULL,
       UNIQUE (order_id, id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
