/**
 * settle_claim: who owns a thing that one process works on at a time, until when on the database's clock, and the epoch,
 * which grows with each owner and which every write checks.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_claim (name VARCHAR(190) NOT NULL PRIMARY KEY,
       epoch BIGINT NOT NULL,
       owner_id VARCHAR(64) NULL,
       host VARCHAR(255) NULL,
       pid BIGINT NULL,
       boot_id VARCHAR(100) NULL,
       process_start VARCHAR(32) NULL,
       heartbeat_at DATETIME(6) NULL,
       expires_at DATETIME(6) NULL,
       lease_ms BIGINT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0801_settle_claim',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_claim (name VARCHAR(190) NOT NULL PRIMARY KEY,
       epoch INTEGER NOT NULL,
       owner_id TEXT NULL,
       host TEXT NULL,
       pid INTEGER NULL,
       boot_id TEXT NULL,
       process_start TEXT NULL,
       heartbeat_at TEXT NULL,
       expires_at TEXT NULL,
       lease_ms INTEGER NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
