/** settle_lease: who runs an execution, and until when that is to be believed (src/engine/ownership.ts). */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_lease (job_execution_id BIGINT NOT NULL PRIMARY KEY,
       owner_id VARCHAR(36) NOT NULL,
       host VARCHAR(255) NOT NULL,
       pid BIGINT NOT NULL,
       boot_id VARCHAR(100) NOT NULL,
       process_start VARCHAR(40) NOT NULL,
       heartbeat_at DATETIME(6) NOT NULL,
       expires_at DATETIME(6) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0010_settle_lease',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_lease (job_execution_id INTEGER NOT NULL PRIMARY KEY,
       owner_id VARCHAR(36) NOT NULL,
       host VARCHAR(255) NOT NULL,
       pid INTEGER NOT NULL,
       boot_id VARCHAR(100) NOT NULL,
       process_start VARCHAR(40) NOT NULL,
       heartbeat_at TEXT NOT NULL,
       expires_at TEXT NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
