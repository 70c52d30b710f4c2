/** settle_payout: what each member of a challenge got back, and every input of it. The unique key is an index. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payout (member_id BIGINT NOT NULL PRIMARY KEY,
       challenge_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       verdict VARCHAR(10) NOT NULL,
       proof_days INT NOT NULL,
       percent INT NOT NULL,
       stake BIGINT NOT NULL,
       kind VARCHAR(10) NOT NULL,
       pot BIGINT NOT NULL,
       weight BIGINT NULL,
       floor_points BIGINT NULL,
       fraction_numerator BIGINT NULL,
       fraction_denominator BIGINT NULL,
       extra_point INT NULL,
       payout BIGINT NOT NULL,
       journal_key VARCHAR(190) NULL,
       job_execution_id BIGINT NOT NULL,
       UNIQUE (challenge_id, member_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0405_settle_payout',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payout (member_id INTEGER NOT NULL PRIMARY KEY,
       challenge_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       verdict VARCHAR(10) NOT NULL,
       proof_days INTEGER NOT NULL,
       percent INTEGER NOT NULL,
       stake INTEGER NOT NULL,
       kind VARCHAR(10) NOT NULL,
       pot INTEGER NOT NULL,
       weight INTEGER NULL,
       floor_points INTEGER NULL,
       fraction_numerator INTEGER NULL,
       fraction_denominator INTEGER NULL,
       extra_point INTEGER NULL,
       payout INTEGER NOT NULL,
       journal_key VARCHAR(190) NULL,
       job_execution_id INTEGER NOT NULL,
       UNIQUE (challenge_id, member_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
