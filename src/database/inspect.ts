/** What `settle doctor` asks a database about itself; the answers come from inspect-server.ts and inspect-sqlite.ts. */
import type { DatabaseConnection, Executor } from './connection.ts';

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** Settings of a server, as they are for this session. */
export interface ServerSettings {
  /** As the server writes it, e.g. `READ-COMMITTED`. */
  readonly isolation: string;
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** Whether changes are logged as statements, which cannot be done under READ COMMITTED. */
  readonly logsStatements: boolean;
}

/** A column as it was declared. */
export interface ColumnFacts {
  /** As it was written when the table was made. */
  readonly name: string;
  /** In lower case, e.g. `bigint(20) unsigned`, `datetime(3)`; empty on SQLite where none was declared. */
  readonly type: string;
  readonly isNullable: boolean;
  /** A default, a generated value, or one that counts up: an INSERT may leave the column out. */
  readonly hasDefault: boolean;
  readonly isGenerated: boolean;
}

export type RelationKind = 'table' | 'view' | 'sequence';

export interface ServerVariables {
  readonly session: Readonly<Record<string, string | undefined>>;
  readonly global: Readonly<Record<string, string | undefined>>;
}

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number | undefined;
}

export interface Inspector {
  /** For people: product and version. */
  version(executor: Executor): Promise<string>;
  /** Tables and sequences that the user can see, by name. */
  tables(executor: Executor): Promise<readonly string[]>;
  /** What a name stands for; undefined when it is not there, or the user has no privilege on it. */
  relation(executor: Executor, name: string): Promise<RelationKind | undefined>;
  /** Columns of a table or view, in order; empty when there is none that the user may see. */
  columns(executor: Executor, table: string): Promise<readonly ColumnFacts[]>;
  /** Rows (an estimate on servers) and bytes of every table, the largest first; bytes undefined where it is not known. */
  tableSizes(executor: Executor): Promise<readonly TableSize[]>;
  /** Columns of a table's primary key, in order; empty when it has none. */
  primaryKey(executor: Executor, table: string): Promise<readonly string[]>;
  /** Names of the indexes whose first column is this one. */
  indexesOn(executor: Executor, table: string, column: string): Promise<readonly string[]>;
  /**
   * Whether rows of a table or view are found by values of this column through a unique key. False where the view makes
   * its rows first (DISTINCT, GROUP BY, UNION), or may give a key twice. Undefined: the user may not ask.
   */
  findsByKey(executor: Executor, relation: string, column: string): Promise<boolean | undefined>;
  /** Undefined where there is no server. */
  settings(executor: Executor): Promise<ServerSettings | undefined>;
  /** System variables of these names that the server has, as text; undefined where there is no server. */
  variables(executor: Executor, names: readonly string[]): Promise<ServerVariables | undefined>;
  /** The folder of the database's files; undefined when that is on another machine, or not to be seen. */
  folder(database: DatabaseConnection): Promise<string | undefined>;
  /** Those of the privileges on a table that are missing; none of a table that is not there. Changes nothing. */
  missingPrivileges(
    database: DatabaseConnection,
    table: string,
    privileges: readonly Privilege[],
  ): Promise<readonly Privilege[]>;
}
