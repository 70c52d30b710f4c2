/**
 * settle_step_progress: what a step execution measured of itself while it ran: who worked on it, and rows done over time.
 * For people alone: no run reads it. `points` is JSON, milliseconds since the start and rows, of a bounded number.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_step_progress (step_execution_id BIGINT NOT NULL PRIMARY KEY,
       host VARCHAR(255) NULL,
       worker INT NULL,
       cut_from INT NULL,
       points TEXT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0960_settle_step_progress',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_step_progress (step_execution_id INTEGER NOT NULL PRIMARY KEY,
       host VARCHAR(255) NULL,
       worker INTEGER NULL,
       cut_from INTEGER NULL,
       points TEXT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
