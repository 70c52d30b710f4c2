import type { Migration } from 'settle';

const tables = [
  'CREATE TABLE IF NOT EXISTS orders (id BIGINT PRIMARY KEY, customer VARCHAR(100) NOT NULL, amount BIGINT NOT NULL CHECK (amount >= 0))',
  'CREATE TABLE IF NOT EXISTS receipts (id BIGINT PRIMARY KEY, receipt VARCHAR(100) NOT NULL)',
];

/** Statements that do nothing when they run again: a migration that was killed is run once more. */
export default { name: 'example/0001_tables', sqlite: tables, mariadb: tables, mysql: tables } satisfies Migration;
