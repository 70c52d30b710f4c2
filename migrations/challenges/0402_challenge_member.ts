/** challenge_member: who staked what on which challenge. The unique key is an index: the members of a challenge in join order. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS challenge_member (id BIGINT NOT NULL PRIMARY KEY,
       challenge_id BIGINT NOT NULL,
       user_id BIGINT NOT NULL,
       stake BIGINT NOT NULL,
       joined_at DATETIME(3) NOT NULL,
       quit_at DATETIME(3) NULL,
       UNIQUE (challenge_id, joined_at, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0402_challenge_member',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS challenge_member (id INTEGER NOT NULL PRIMARY KEY,
       challenge_id INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       stake INTEGER NOT NULL,
       joined_at TEXT NOT NULL,
       quit_at TEXT NULL,
       UNIQUE (challenge_id, joined_at, id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
