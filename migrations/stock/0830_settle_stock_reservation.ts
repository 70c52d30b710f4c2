/** settle_stock_reservation: what was reserved, until when it was held, and how it ended. The unique key is an index: what is open. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_reservation (product_id BIGINT NOT NULL,
       reservation_id VARCHAR(64) NOT NULL,
       movement_id BIGINT NOT NULL,
       quantity BIGINT NOT NULL,
       reserved_at DATETIME(3) NOT NULL,
       held_until DATETIME(3) NOT NULL,
       outcome VARCHAR(10) NOT NULL,
       ended_at DATETIME(3) NULL,
       PRIMARY KEY (product_id, reservation_id),
       UNIQUE (product_id, outcome, reservation_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0830_settle_stock_reservation',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_reservation (product_id INTEGER NOT NULL,
       reservation_id VARCHAR(64) NOT NULL,
       movement_id INTEGER NOT NULL,
       quantity INTEGER NOT NULL,
       reserved_at TEXT NOT NULL,
       held_until TEXT NOT NULL,
       outcome VARCHAR(10) NOT NULL,
       ended_at TEXT NULL,
       PRIMARY KEY (product_id, reservation_id),
       UNIQUE (product_id, outcome, reservation_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
