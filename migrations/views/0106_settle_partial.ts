/** settle_partial: encoded sums and open views that partitions have committed and that are not yet published. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_partial (job_instance_id BIGINT NOT NULL,
       partition_no INT NOT NULL,
       chunk_no INT NOT NULL,
       kind VARCHAR(8) NOT NULL,
       bucket INT NOT NULL,
       piece INT NOT NULL,
       body MEDIUMBLOB NOT NULL,
       PRIMARY KEY (job_instance_id, kind, bucket, partition_no, chunk_no, piece)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0106_settle_partial',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_partial (job_instance_id INTEGER NOT NULL,
       partition_no INTEGER NOT NULL,
       chunk_no INTEGER NOT NULL,
       kind VARCHAR(8) NOT NULL,
       bucket INTEGER NOT NULL,
       piece INTEGER NOT NULL,
       body BLOB NOT NULL,
       PRIMARY KEY (job_instance_id, kind, bucket, partition_no, chunk_no, piece))`,
  ],
  mariadb: servers,
  mysql: servers,
};
