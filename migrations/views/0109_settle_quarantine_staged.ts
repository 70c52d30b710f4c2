/** settle_quarantine_staged: rows on their way to the quarantine, until their date is published. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_quarantine_staged (job_instance_id BIGINT NOT NULL,
       row_id BIGINT NOT NULL,
       partition_no INT NOT NULL,
       reason VARCHAR(40) NOT NULL,
       payload LONGTEXT NOT NULL,
       PRIMARY KEY (job_instance_id, row_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0109_settle_quarantine_staged',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_quarantine_staged (job_instance_id INTEGER NOT NULL,
       row_id INTEGER NOT NULL,
       partition_no INTEGER NOT NULL,
       reason VARCHAR(40) NOT NULL,
       payload TEXT NOT NULL,
       PRIMARY KEY (job_instance_id, row_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
