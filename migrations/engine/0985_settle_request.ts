/**
 * settle_request: runs that any worker may begin (`detached`), or go on with when the process that began them dies. OPEN
 * until the run has ended by itself, was stopped, or was taken too often. `job_execution_id`: the execution that works on
 * it, or did last; `owner_id`: the name of the claim of the worker that has taken it.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_request (request_id BIGINT NOT NULL PRIMARY KEY,
       job_instance_id BIGINT NOT NULL,
       job_name VARCHAR(100) NOT NULL,
       detached SMALLINT NOT NULL,
       parameters LONGTEXT NOT NULL,
       options LONGTEXT NOT NULL,
       definition VARCHAR(64) NOT NULL,
       state VARCHAR(10) NOT NULL,
       epoch BIGINT NOT NULL,
       takes INT NOT NULL,
       owner_id VARCHAR(64) NULL,
       owner_host VARCHAR(255) NULL,
       job_execution_id BIGINT NULL,
       exit_code INT NULL,
       message VARCHAR(2500) NULL,
       created_at DATETIME(6) NOT NULL,
       ended_at DATETIME(6) NULL,
       KEY settle_request_state (state),
       KEY settle_request_instance (job_instance_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0985_settle_request',
  // Always empty: workers need a server.
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_request (request_id INTEGER NOT NULL PRIMARY KEY,
       job_instance_id INTEGER NOT NULL,
       job_name VARCHAR(100) NOT NULL,
       detached INTEGER NOT NULL,
       parameters TEXT NOT NULL,
       options TEXT NOT NULL,
       definition VARCHAR(64) NOT NULL,
       state VARCHAR(10) NOT NULL,
       epoch INTEGER NOT NULL,
       takes INTEGER NOT NULL,
       owner_id VARCHAR(64) NULL,
       owner_host VARCHAR(255) NULL,
       job_execution_id INTEGER NULL,
       exit_code INTEGER NULL,
       message VARCHAR(2500) NULL,
       created_at VARCHAR(32) NOT NULL,
       ended_at VARCHAR(32) NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
