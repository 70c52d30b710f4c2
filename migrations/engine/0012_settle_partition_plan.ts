/** settle_partition_plan: what a partitioned step's planner found, frozen for its job instance. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_partition_plan (job_instance_id BIGINT NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       plan_id BIGINT NOT NULL,
       detail LONGTEXT NOT NULL,
       PRIMARY KEY (job_instance_id, step_name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0012_settle_partition_plan',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_partition_plan (job_instance_id INTEGER NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       plan_id INTEGER NOT NULL,
       detail TEXT NOT NULL,
       PRIMARY KEY (job_instance_id, step_name))`,
  ],
  mariadb: servers,
  mysql: servers,
};
