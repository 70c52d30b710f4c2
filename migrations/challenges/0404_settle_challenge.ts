/** settle_challenge: how a challenge ended: the pot, its parts, the policy used and the run. Points are whole. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_challenge (challenge_id BIGINT NOT NULL PRIMARY KEY,
       status VARCHAR(10) NOT NULL,
       business_date DATE NOT NULL,
       zone VARCHAR(64) NOT NULL,
       job_execution_id BIGINT NOT NULL,
       members BIGINT NOT NULL,
       winners BIGINT NOT NULL,
       days INT NOT NULL,
       threshold_percent INT NOT NULL,
       fee_bp INT NOT NULL,
       no_winner_policy VARCHAR(10) NOT NULL,
       pot BIGINT NOT NULL,
       forfeited BIGINT NOT NULL,
       fee BIGINT NOT NULL,
       house BIGINT NOT NULL,
       refunded BIGINT NOT NULL,
       distributable BIGINT NOT NULL,
       left_over BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0404_settle_challenge',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_challenge (challenge_id INTEGER NOT NULL PRIMARY KEY,
       status VARCHAR(10) NOT NULL,
       business_date TEXT NOT NULL,
       zone VARCHAR(64) NOT NULL,
       job_execution_id INTEGER NOT NULL,
       members INTEGER NOT NULL,
       winners INTEGER NOT NULL,
       days INTEGER NOT NULL,
       threshold_percent INTEGER NOT NULL,
       fee_bp INTEGER NOT NULL,
       no_winner_policy VARCHAR(10) NOT NULL,
       pot INTEGER NOT NULL,
       forfeited INTEGER NOT NULL,
       fee INTEGER NOT NULL,
       house INTEGER NOT NULL,
       refunded INTEGER NOT NULL,
       distributable INTEGER NOT NULL,
       left_over INTEGER NOT NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
