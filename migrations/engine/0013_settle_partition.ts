/** settle_partition: the frozen ranges of a partitioned step and how each of them stands. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_partition (job_instance_id BIGINT NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       partition_no INT NOT NULL,
       min_id BIGINT NOT NULL,
       max_id BIGINT NOT NULL,
       rows_expected BIGINT NOT NULL,
       status VARCHAR(10) NOT NULL,
       step_execution_id BIGINT,
       PRIMARY KEY (job_instance_id, step_name, partition_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0013_settle_partition',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_partition (job_instance_id INTEGER NOT NULL,
       step_name VARCHAR(100) NOT NULL,
       partition_no INTEGER NOT NULL,
       min_id INTEGER NOT NULL,
       max_id INTEGER NOT NULL,
       rows_expected INTEGER NOT NULL,
       status VARCHAR(10) NOT NULL,
       step_execution_id INTEGER,
       PRIMARY KEY (job_instance_id, step_name, partition_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
