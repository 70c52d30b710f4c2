/**
 * The shape of a migration. Whatever migrations import lives in this folder and is frozen with them: it imports nothing
 * of src/, so that a later change of the program cannot change what a released migration does.
 */
import type { Knex } from 'knex';

export type MigrationDialect = 'sqlite' | 'mariadb' | 'mysql';

/** What is asked of the schema, or of a table's rows, before a statement runs. */
export type Fact =
  | { readonly table: string }
  | { readonly column: readonly [table: string, column: string] }
  | { readonly index: readonly [table: string, index: string] }
  | { readonly trigger: string }
  | { readonly rowIn: string };

/** A statement that does nothing when it runs again, one with a guard, or a move of data. */
export type Change =
  | string
  | { readonly sql: string; readonly unless: Fact }
  | { readonly sql: string; readonly when: Fact }
  | ((knex: Knex) => Promise<void>);

/**
 * Changes to a database, written out for each dialect. MariaDB and MySQL commit DDL by themselves, so a process killed
 * between a change and the note that the migration ran makes all of its changes again: each must then do nothing
 * (`IF NOT EXISTS`, `unless`, `when`). On SQLite all pending migrations are one transaction.
 */
export interface Migration {
  /**
   * `NNNN_what_it_does`, the name of its file; of somebody else's list `owner/NNNN_what_it_does`. It is what the table of
   * applied migrations keeps, and never changes once released.
   */
  readonly name: string;
  readonly sqlite: readonly Change[];
  readonly mariadb: readonly Change[];
  readonly mysql: readonly Change[];
}

/** What a migration finds in the data and cannot decide by itself. `migrate` stops there, with this message and hint. */
export class MigrationRefusal extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** One list of several, in the order of their numbers: that order is the one in which they were released. */
export function inOrder(...lists: readonly (readonly Migration[])[]): readonly Migration[] {
  return lists.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}
