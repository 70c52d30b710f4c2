/** challenge_proof: on which dates somebody did what a challenge asks for; strangers and repeats included. The unique key is an index. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS challenge_proof (id BIGINT NOT NULL PRIMARY KEY,
       challenge_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       proof_date DATE NOT NULL,
       UNIQUE (challenge_id, user_id, proof_date, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0403_challenge_proof',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS challenge_proof (id INTEGER NOT NULL PRIMARY KEY,
       challenge_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       proof_date TEXT NOT NULL,
       UNIQUE (challenge_id, user_id, proof_date, id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
