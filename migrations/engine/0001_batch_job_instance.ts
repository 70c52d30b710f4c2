/** BATCH_JOB_INSTANCE, as in Spring Batch 6. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS BATCH_JOB_INSTANCE (JOB_INSTANCE_ID BIGINT NOT NULL PRIMARY KEY,
       VERSION BIGINT,
       JOB_NAME VARCHAR(100) NOT NULL,
       JOB_KEY VARCHAR(32) NOT NULL,
       CONSTRAINT JOB_INST_UN UNIQUE (JOB_NAME, JOB_KEY)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0001_batch_job_instance',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS BATCH_JOB_INSTANCE (JOB_INSTANCE_ID INTEGER NOT NULL PRIMARY KEY,
       VERSION INTEGER,
       JOB_NAME VARCHAR(100) NOT NULL,
       JOB_KEY VARCHAR(32) NOT NULL,
       CONSTRAINT JOB_INST_UN UNIQUE (JOB_NAME, JOB_KEY))`,
  ],
  mariadb: servers,
  mysql: servers,
};
