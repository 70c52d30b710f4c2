/**
 * settle_view_amount goes: the copy of views was a job of the benchmark and has a table of the benchmark's own. What lay there
 * was computed from view_log by that job alone, and nothing read it.
 */
import type { Migration } from '../migration.ts';

const statements = ['DROP TABLE IF EXISTS settle_view_amount'];

export const migration: Migration = {
  name: '0899_drop_view_amount',
  sqlite: statements,
  mariadb: statements,
  mysql: statements,
};
