/** coupon_request: who asked for which coupon, in whatever order the rows arrive. The unique key is an index: the queue of a coupon. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS coupon_request (id BIGINT NOT NULL PRIMARY KEY,
       coupon_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       requested_at DATETIME(3) NOT NULL,
       UNIQUE (coupon_id, requested_at, id, user_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0822_coupon_request',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS coupon_request (id INTEGER NOT NULL PRIMARY KEY,
       coupon_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       requested_at TEXT NOT NULL,
       UNIQUE (coupon_id, requested_at, id, user_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
