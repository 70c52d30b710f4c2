/** BATCH_JOB_INSTANCE_SEQ, from which Spring Batch 6 and settle take their ids. */
import type { Migration } from '../migration.ts';

const unless = { table: 'BATCH_JOB_INSTANCE_SEQ' };

export const migration: Migration = {
  name: '0009_batch_job_instance_seq',
  sqlite: [{ unless, sql: 'CREATE TABLE "BATCH_JOB_INSTANCE_SEQ" (ID INTEGER PRIMARY KEY AUTOINCREMENT)' }],
  mariadb: [
    {
      unless,
      sql: 'CREATE SEQUENCE `BATCH_JOB_INSTANCE_SEQ` START WITH 1 MINVALUE 1 MAXVALUE 9223372036854775806 INCREMENT BY 1 NOCACHE NOCYCLE ENGINE=InnoDB',
    },
  ],
  // The columns of Spring Batch's own schema for MySQL; a primary key, as some servers take no table without one.
  mysql: [
    {
      unless,
      sql: `CREATE TABLE BATCH_JOB_INSTANCE_SEQ (ID BIGINT NOT NULL, UNIQUE_KEY CHAR(1) NOT NULL, PRIMARY KEY (UNIQUE_KEY))
        ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
    },
    {
      unless: { rowIn: 'BATCH_JOB_INSTANCE_SEQ' },
      sql: "INSERT INTO BATCH_JOB_INSTANCE_SEQ (ID, UNIQUE_KEY) VALUES (0, '0')",
    },
  ],
};
