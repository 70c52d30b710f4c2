/** settle_deposit_product: products of deposit accounts as canonical JSON; of a name the highest revision is in force. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_deposit_product (name VARCHAR(100) NOT NULL,
       revision INT NOT NULL,
       digest VARCHAR(64) NOT NULL,
       body LONGTEXT NOT NULL,
       imported_at DATETIME(6) NOT NULL,
       PRIMARY KEY (name, revision)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0861_settle_deposit_product',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_deposit_product (name VARCHAR(100) NOT NULL,
       revision INTEGER NOT NULL,
       digest VARCHAR(64) NOT NULL,
       body TEXT NOT NULL,
       imported_at TEXT NOT NULL,
       PRIMARY KEY (name, revision))`,
  ],
  mariadb: servers,
  mysql: servers,
};
