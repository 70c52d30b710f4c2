/** settle_coupon_allocation: how far a coupon is allocated, by which terms, from which requests (digest), and what became of them. Terms are NULL where there is no such coupon. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_coupon_allocation (coupon_id BIGINT NOT NULL PRIMARY KEY,
       quota BIGINT NULL,
       opens_at DATETIME(3) NULL,
       closes_at DATETIME(3) NULL,
       revision INT NOT NULL,
       is_complete INT NOT NULL,
       digest VARCHAR(64) NULL,
       requests BIGINT NOT NULL,
       issued BIGINT NOT NULL,
       refused LONGTEXT NOT NULL,
       business_date DATE NOT NULL,
       zone VARCHAR(64) NOT NULL,
       job_execution_id BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0823_settle_coupon_allocation',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_coupon_allocation (coupon_id INTEGER NOT NULL PRIMARY KEY,
       quota INTEGER NULL,
       opens_at TEXT NULL,
       closes_at TEXT NULL,
       revision INTEGER NOT NULL,
       is_complete INTEGER NOT NULL,
       digest VARCHAR(64) NULL,
       requests INTEGER NOT NULL,
       issued INTEGER NOT NULL,
       refused TEXT NOT NULL,
       business_date TEXT NOT NULL,
       zone VARCHAR(64) NOT NULL,
       job_execution_id INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
