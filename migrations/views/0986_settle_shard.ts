/** settle_shard: the numbers of the shards on which the view log lies. A row's key is its shard's number and its id there. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_shard (name VARCHAR(32) NOT NULL PRIMARY KEY,
       shard_no INT NOT NULL,
       UNIQUE KEY settle_shard_no (shard_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0986_settle_shard',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_shard (name TEXT NOT NULL PRIMARY KEY,
       shard_no INTEGER NOT NULL UNIQUE)`,
  ],
  mariadb: servers,
  mysql: servers,
};
