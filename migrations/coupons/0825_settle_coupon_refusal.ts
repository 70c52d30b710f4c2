/** settle_coupon_refusal: which requests got no coupon, and why. The unique key is an index: the refusals of a user. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_coupon_refusal (request_id BIGINT NOT NULL PRIMARY KEY,
       coupon_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       reason VARCHAR(16) NOT NULL,
       revision INT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       UNIQUE (coupon_id, user_id, request_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0825_settle_coupon_refusal',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_coupon_refusal (request_id INTEGER NOT NULL PRIMARY KEY,
       coupon_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       reason VARCHAR(16) NOT NULL,
       revision INTEGER NOT NULL,
       job_execution_id INTEGER NOT NULL,
       UNIQUE (coupon_id, user_id, request_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
