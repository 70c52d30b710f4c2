/** settle_skipped: records that a chunk step has passed over, with the reason, for `settle skipped` and `replay`. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_skipped (job_execution_id BIGINT NOT NULL,
       step_execution_id BIGINT NOT NULL,
       skip_no INT NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       phase VARCHAR(10) NOT NULL,
       item_key VARCHAR(500) NOT NULL,
       payload LONGTEXT NOT NULL,
       error VARCHAR(2500) NOT NULL,
       skipped_at DATETIME(6) NOT NULL,
       replayed_at DATETIME(6) NULL,
       PRIMARY KEY (job_execution_id, step_execution_id, skip_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0014_settle_skipped',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_skipped (job_execution_id INTEGER NOT NULL,
       step_execution_id INTEGER NOT NULL,
       skip_no INTEGER NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       phase VARCHAR(10) NOT NULL,
       item_key VARCHAR(500) NOT NULL,
       payload TEXT NOT NULL,
       error VARCHAR(2500) NOT NULL,
       skipped_at TEXT NOT NULL,
       replayed_at TEXT NULL,
       PRIMARY KEY (job_execution_id, step_execution_id, skip_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
