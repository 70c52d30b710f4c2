/** settle_coupon_comparison: coupons of a run whose set in Redis differed from who got the coupon, in numbers. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_coupon_comparison (job_execution_id BIGINT NOT NULL,
       coupon_id BIGINT NOT NULL,
       promised BIGINT NOT NULL,
       issued BIGINT NOT NULL,
       promised_only BIGINT NOT NULL,
       issued_only BIGINT NOT NULL,
       unreadable BIGINT NOT NULL,
       repaired BIGINT NOT NULL,
       is_moving INT NOT NULL,
       PRIMARY KEY (job_execution_id, coupon_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0920_settle_coupon_comparison',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_coupon_comparison (job_execution_id INTEGER NOT NULL,
       coupon_id INTEGER NOT NULL,
       promised INTEGER NOT NULL,
       issued INTEGER NOT NULL,
       promised_only INTEGER NOT NULL,
       issued_only INTEGER NOT NULL,
       unreadable INTEGER NOT NULL,
       repaired INTEGER NOT NULL,
       is_moving INTEGER NOT NULL,
       PRIMARY KEY (job_execution_id, coupon_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
