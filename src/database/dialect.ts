/**
 * Everything that differs between SQLite, MariaDB and MySQL, behind one interface. No other file asks for the name of
 * a dialect to decide what SQL to write.
 */
import type { ColumnBatch } from './column-batch.ts';
import type { DatabaseConnection, Executor, Transaction } from './connection.ts';
import type { Inspector } from './inspect.ts';
import type { SqlValue } from './values.ts';

export type DialectName = 'sqlite' | 'mariadb' | 'mysql';

/** Column types for CREATE TABLE. */
export interface ColumnTypes {
  /** 64-bit integer. As a primary key it is the row id on SQLite. */
  readonly bigint: string;
  readonly integer: string;
  /** UTC, milliseconds; text `YYYY-MM-DD HH:MM:SS.sss` on SQLite. */
  readonly instantMillis: string;
  /** UTC, microseconds; text `YYYY-MM-DD HH:MM:SS.ssssss` on SQLite. */
  readonly instantMicros: string;
  /** A calendar date, text `YYYY-MM-DD` on SQLite. */
  readonly date: string;
  /** At least 16 MB of bytes. */
  readonly blob: string;
  readonly longText: string;
  /** Text of at most `length` characters, compared by its bytes. */
  varchar(length: number): string;
}

export type InsertMode = 'insert' | 'ignore' | 'replace-values' | 'add-values';

export interface InsertTarget {
  readonly table: string;
  readonly columns: readonly string[];
  /**
   * What becomes of a row whose key exists: `ignore` passes over it, `replace-values` overwrites its other columns,
   * `add-values` adds to them. Default `insert`: an error.
   */
  readonly mode?: InsertMode;
  /** The primary or unique key that every mode but `insert` goes by. */
  readonly keys?: readonly string[];
}

/** Rows of one INSERT; they may be made while they are asked for. */
export interface RowsToInsert {
  readonly target: InsertTarget;
  readonly rows: Iterable<readonly SqlValue[]>;
}

/** What stands before and after the rows of a multi-row VALUES list. */
export interface InsertSyntax {
  readonly head: string;
  readonly tail: string;
}

/** A view that gives a table and its columns other names. */
export interface RenamingView {
  readonly name: string;
  /** Table or view that it reads. */
  readonly table: string;
  /** The table's columns by those of the view. */
  readonly columns: Readonly<Record<string, string>>;
  /** Column of the view that tells its rows apart. */
  readonly key: string;
  /** Columns of the view that can be set. */
  readonly updates: readonly string[];
}

export interface Dialect {
  readonly name: DialectName;
  readonly columnTypes: ColumnTypes;
  /** What the database tells about itself. */
  readonly inspect: Inspector;
  /** Goes after the closing parenthesis of CREATE TABLE; empty on SQLite. */
  readonly tableOptions: string;
  /** SQL expression for the database's UTC time, in microseconds (milliseconds and three zeros on SQLite). */
  readonly nowExpression: string;
  /** The database's UTC time, `YYYY-MM-DD HH:MM:SS.ssssss`. */
  now(executor: Executor): Promise<string>;
  quoteIdentifier(name: string): string;
  /** SQL condition: the column (as it goes into a statement) holds no real time. NULL, or what a scan reads as NULL. */
  holdsNoTime(column: string): string;
  /**
   * SQL condition: the column's text is not `YYYY-MM-DD HH:MM:SS.sss`, and so does not compare as its time does; NULL of a
   * NULL. Undefined where columns have a type of their own for times.
   */
  isOddTime(column: string): string | undefined;
  /**
   * SQL expression for a number of 32 bits that follows from the values of some expressions, NULL told from everything
   * else. Sums of it tell whether rows are what they were; nothing to hold against somebody who wants to deceive.
   */
  rowDigest(expressions: readonly string[]): string;
  dropSequence(name: string): readonly string[];
  /**
   * The next value of a Spring Batch id sequence. On MySQL and SQLite the sequence is a table: called in a
   * transaction it is locked until that commits, and a value is given back when it rolls back.
   */
  nextSequenceValue(executor: Executor, name: string): Promise<number>;
  /** Makes the next value of a sequence one above `value`, or leaves it where it is further on. */
  raiseSequence(executor: Executor, name: string, value: number): Promise<void>;
  insertSyntax(target: InsertTarget): InsertSyntax;
  /** Make the view, in the place of one of its name. It is read with the rights of who reads it. */
  viewStatements(view: RenamingView): readonly string[];
  /**
   * Runs `work` in the transaction. The server ends its connection, and so rolls it back and frees its locks, when the client
   * sends nothing for `seconds`; undefined: as long as the session's own setting says. A process that is paused or a node
   * that is lost in mid-transaction would otherwise hold its locks for hours. Nothing to do on SQLite.
   */
  withIdleLimit<T>(tx: Transaction, seconds: number | undefined, work: () => Promise<T>): Promise<T>;
  /**
   * Inserts the rows of each insert, one after the other, in as few and as large statements as this database likes; none
   * after what failed. See bulk-insert.ts.
   */
  insertRows(executor: Executor, inserts: readonly RowsToInsert[]): Promise<void>;
  /** Inserts the rows of a batch, whose columns are of types that hold all of their values: column-values.ts. */
  insertColumns(executor: Executor, target: InsertTarget, batch: ColumnBatch): Promise<void>;
  /**
   * Runs `work` while this process alone holds the lock `name` of this database. `work` must use the executor that it
   * is given: on SQLite that is one transaction over everything, on servers DDL commits by itself.
   * Throws a SettleError (exit code 1) when the lock is not free within `timeoutSecondsMax`.
   */
  withLock<T>(
    database: DatabaseConnection,
    name: string,
    timeoutSecondsMax: number,
    work: (executor: Executor) => Promise<T>,
  ): Promise<T>;
}
