/**
 * What the rest of the program sees of a database: one interface over SQLite, MariaDB and MySQL.
 * `openDatabase` in open.ts makes one; everything that differs between dialects is behind `dialect`.
 */
import type { DatabaseConnection } from './connection.ts';
import type { Dialect } from './dialect.ts';

export type { Executor, Transaction } from './connection.ts';

export interface Database extends DatabaseConnection {
  readonly dialect: Dialect;
}
