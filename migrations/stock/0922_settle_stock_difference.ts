/** settle_stock_difference: counters in Redis that differed from what was available when a run compared them. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_stock_difference (job_execution_id BIGINT NOT NULL,
       product_id BIGINT NOT NULL,
       counter VARCHAR(190) NULL,
       available BIGINT NOT NULL,
       kind VARCHAR(20) NOT NULL,
       is_repaired INT NOT NULL,
       PRIMARY KEY (job_execution_id, product_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0922_settle_stock_difference',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_stock_difference (job_execution_id INTEGER NOT NULL,
       product_id INTEGER NOT NULL,
       counter VARCHAR(190) NULL,
       available INTEGER NOT NULL,
       kind VARCHAR(20) NOT NULL,
       is_repaired INTEGER NOT NULL,
       PRIMARY KEY (job_execution_id, product_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
