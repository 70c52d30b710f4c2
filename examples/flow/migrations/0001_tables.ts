import type { Migration } from 'settle';

const tables = [
  'CREATE TABLE IF NOT EXISTS orders (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS alerts (about VARCHAR(1000) NOT NULL)',
];

/** Statements that do nothing when they run again: a migration that was killed is run once more. */
export default { name: 'example/0001_tables', sqlite: tables, mariadb: tables, mysql: tables } satisfies Migration;
