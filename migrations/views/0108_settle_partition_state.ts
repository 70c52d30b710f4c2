/** settle_partition_state: bulky state of a partition at its last checkpoint: rows and windows that wait for later ones. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_partition_state (job_instance_id BIGINT NOT NULL,
       partition_no INT NOT NULL,
       piece INT NOT NULL,
       body MEDIUMBLOB NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, piece)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0108_settle_partition_state',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_partition_state (job_instance_id INTEGER NOT NULL,
       partition_no INTEGER NOT NULL,
       piece INTEGER NOT NULL,
       body BLOB NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, piece))`,
  ],
  mariadb: servers,
  mysql: servers,
};
