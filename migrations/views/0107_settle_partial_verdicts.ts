/** settle_partial_verdicts: rows by verdict of each committed chunk. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_partial_verdicts (job_instance_id BIGINT NOT NULL,
       partition_no INT NOT NULL,
       chunk_no INT NOT NULL,
       undated BIGINT NOT NULL,
       outside BIGINT NOT NULL,
       invalid BIGINT NOT NULL,
       self BIGINT NOT NULL,
       \`repeat\` BIGINT NOT NULL,
       counted BIGINT NOT NULL,
       open_of_day BIGINT NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, chunk_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0107_settle_partial_verdicts',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_partial_verdicts (job_instance_id INTEGER NOT NULL,
       partition_no INTEGER NOT NULL,
       chunk_no INTEGER NOT NULL,
       undated INTEGER NOT NULL,
       outside INTEGER NOT NULL,
       invalid INTEGER NOT NULL,
       self INTEGER NOT NULL,
       \`repeat\` INTEGER NOT NULL,
       counted INTEGER NOT NULL,
       open_of_day INTEGER NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no, chunk_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
