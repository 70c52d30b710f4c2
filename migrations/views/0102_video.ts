/** video: the platform's videos and their creators; NULL: no known creator. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS video (id BIGINT NOT NULL PRIMARY KEY,
       creator_id BIGINT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0102_video',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS video (id INTEGER NOT NULL PRIMARY KEY,
       creator_id INTEGER NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
