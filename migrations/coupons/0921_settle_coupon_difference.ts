/** settle_coupon_difference: members by which the set of a coupon in Redis differed from who got the coupon: every promise that was not kept, and some of the issues that were not promised. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_coupon_difference (job_execution_id BIGINT NOT NULL,
       coupon_id BIGINT NOT NULL,
       member_text VARCHAR(190) NOT NULL,
       kind VARCHAR(20) NOT NULL,
       reason VARCHAR(20) NULL,
       is_repaired INT NOT NULL,
       PRIMARY KEY (job_execution_id, coupon_id, member_text)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0921_settle_coupon_difference',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_coupon_difference (job_execution_id INTEGER NOT NULL,
       coupon_id INTEGER NOT NULL,
       member_text VARCHAR(190) NOT NULL,
       kind VARCHAR(20) NOT NULL,
       reason VARCHAR(20) NULL,
       is_repaired INTEGER NOT NULL,
       PRIMARY KEY (job_execution_id, coupon_id, member_text))`,
  ],
  mariadb: servers,
  mysql: servers,
};
