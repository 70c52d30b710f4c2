/** settle_coupon_issue: who got a coupon, at which place, by which request. The unique key is an index: the coupon by place. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_coupon_issue (coupon_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       place BIGINT NOT NULL,
       request_id BIGINT NOT NULL,
       requested_at DATETIME(3) NOT NULL,
       revision INT NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (coupon_id, user_id),
       UNIQUE (coupon_id, place)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0824_settle_coupon_issue',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_coupon_issue (coupon_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       place INTEGER NOT NULL,
       request_id INTEGER NOT NULL,
       requested_at TEXT NOT NULL,
       revision INTEGER NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (coupon_id, user_id),
       UNIQUE (coupon_id, place))`,
  ],
  mariadb: servers,
  mysql: servers,
};
