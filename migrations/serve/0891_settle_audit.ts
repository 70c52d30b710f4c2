/** settle_audit: what was asked of `settle serve` with its token, by whom, and how it ended. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_audit (id VARCHAR(36) NOT NULL PRIMARY KEY,
       asked_at DATETIME(6) NOT NULL,
       actor VARCHAR(190) NOT NULL,
       action VARCHAR(32) NOT NULL,
       arguments LONGTEXT NOT NULL,
       ended_at DATETIME(6) NULL,
       exit_code INTEGER NULL,
       message LONGTEXT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0891_settle_audit',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_audit (id VARCHAR(36) NOT NULL PRIMARY KEY,
       asked_at TEXT NOT NULL,
       actor VARCHAR(190) NOT NULL,
       action VARCHAR(32) NOT NULL,
       arguments TEXT NOT NULL,
       ended_at TEXT NULL,
       exit_code INTEGER NULL,
       message TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
