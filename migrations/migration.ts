/** The shape of a migration, and two helpers that make statements safe to run again. */
import type { Knex } from 'knex';
import type { Dialect } from '../src/database/dialect.ts';

export interface Migration {
  /** Sorts by its number, e.g. `0001_batch_job_instance`; the name of its file. Never changes once released. */
  readonly name: string;
  /**
   * One DDL statement. MariaDB and MySQL commit DDL by themselves, so a process killed between the statement and the
   * note that it ran will run it again: it must then do nothing (`createTable`, `createSequence`, IF NOT EXISTS).
   */
  up(knex: Knex, dialect: Dialect): Promise<void>;
}

/** Creates a table from the text between the parentheses of CREATE TABLE, unless it exists. */
export async function createTable(knex: Knex, dialect: Dialect, name: string, columns: string): Promise<void> {
  await knex.raw(`CREATE TABLE IF NOT EXISTS ${name} (${columns})${dialect.tableOptions}`);
}

/** Creates an id sequence, or what is missing of it. */
export async function createSequence(knex: Knex, dialect: Dialect, name: string): Promise<void> {
  const [create, ...fill] = dialect.createSequence(name);
  if (!(await knex.schema.hasTable(name))) await knex.raw(create);
  if (fill.length === 0 || (await knex(name).first('ID')) !== undefined) return;
  for (const statement of fill) await knex.raw(statement);
}

/** Adds a column, unless it exists. `definition` is its type and what follows. */
export async function addColumn(knex: Knex, table: string, column: string, definition: string): Promise<void> {
  if (await knex.schema.hasColumn(table, column)) return;
  await knex.raw(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
}
