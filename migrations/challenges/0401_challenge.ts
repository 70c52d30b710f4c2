/** challenge: the platform's challenges. The unique key is an index: what is still to be decided, by id. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS challenge (id BIGINT NOT NULL PRIMARY KEY,
       status VARCHAR(10) NOT NULL,
       start_date DATE NOT NULL,
       end_date DATE NOT NULL,
       min_members INT NOT NULL DEFAULT 1,
       stake BIGINT NOT NULL,
       threshold_percent INT NOT NULL DEFAULT 70,
       fee_bp INT NOT NULL DEFAULT 0,
       no_winner_policy VARCHAR(10) NOT NULL DEFAULT 'refund',
       UNIQUE (status, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0401_challenge',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS challenge (id INTEGER NOT NULL PRIMARY KEY,
       status VARCHAR(10) NOT NULL,
       start_date TEXT NOT NULL,
       end_date TEXT NOT NULL,
       min_members INTEGER NOT NULL DEFAULT 1,
       stake INTEGER NOT NULL,
       threshold_percent INTEGER NOT NULL DEFAULT 70,
       fee_bp INTEGER NOT NULL DEFAULT 0,
       no_winner_policy VARCHAR(10) NOT NULL DEFAULT 'refund',
       UNIQUE (status, id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
