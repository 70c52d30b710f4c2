/**
 * settle_offer: steps whose partitions workers of any host may take. A row stands from when a run puts its step up until
 * the step ends; `token` is the fence of the run that looks after it.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_offer (job_instance_id BIGINT NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       job_execution_id BIGINT NOT NULL,
       job_name VARCHAR(100) NOT NULL,
       token BIGINT NOT NULL,
       plan_id BIGINT NOT NULL,
       definition VARCHAR(64) NOT NULL,
       detail LONGTEXT NOT NULL,
       PRIMARY KEY (job_instance_id, step_name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0971_settle_offer',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_offer (job_instance_id INTEGER NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       job_execution_id INTEGER NOT NULL,
       job_name VARCHAR(100) NOT NULL,
       token INTEGER NOT NULL,
       plan_id INTEGER NOT NULL,
       definition VARCHAR(64) NOT NULL,
       detail TEXT NOT NULL,
       PRIMARY KEY (job_instance_id, step_name))`,
  ],
  mariadb: servers,
  mysql: servers,
};
