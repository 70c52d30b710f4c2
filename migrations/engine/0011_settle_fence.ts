/** settle_fence: the token of the run that may commit for a job instance (src/engine/ownership.ts). */
import type { Migration } from '../migration.ts';

const servers = [
  'CREATE TABLE IF NOT EXISTS settle_fence (job_instance_id BIGINT NOT NULL PRIMARY KEY, token BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
];

export const migration: Migration = {
  name: '0011_settle_fence',
  sqlite: [
    'CREATE TABLE IF NOT EXISTS settle_fence (job_instance_id INTEGER NOT NULL PRIMARY KEY, token INTEGER NOT NULL)',
  ],
  mariadb: servers,
  mysql: servers,
};
