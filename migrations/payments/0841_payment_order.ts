/** payment_order: the platform's orders of points. Amounts are whole won. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS payment_order (id BIGINT NOT NULL PRIMARY KEY,
       user_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       status VARCHAR(10) NOT NULL,
       created_at DATETIME(3) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0841_payment_order',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS payment_order (id INTEGER NOT NULL PRIMARY KEY,
       user_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       status VARCHAR(10) NOT NULL,
       created_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
