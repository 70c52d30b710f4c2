/** Pages of a table in order of its key: the rows behind the last key, at most so many, as canonical values. */
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { Connection, RowDataPacket } from 'mysql2';
import type { Database, Executor } from '../database/database.ts';
import { withRawConnection } from '../database/raw-connection.ts';
import { type Canonical, type ColumnKind, canonicalOf, sqlValueOf } from './column-kind.ts';
import { condition } from './describe-table.ts';

export interface ReadColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface PageSource {
  readonly database: Pick<Database, 'dialect'>;
  /** A transaction, or the pool. */
  readonly executor: Executor;
  readonly table: string;
  readonly columns: readonly ReadColumn[];
  /** Places in `columns` of the key's columns, in its order. */
  readonly key: readonly number[];
  /** Written by the operator. */
  readonly where: string | undefined;
  /** Inclusive, of the key's first column, which is then an integer. */
  readonly range: readonly [bigint, bigint] | undefined;
}

/**
 * @param after the key's values of the last row that was read; undefined: from the start
 * @throws TypeError naming column and key, for a value that is not of its column's kind
 */
export async function readPage(
  source: PageSource,
  after: readonly Canonical[] | undefined,
  limit: number,
): Promise<Canonical[][]> {
  const { database, executor, table, columns, key, where, range } = source;
  const quote = (name: string) => database.dialect.quoteIdentifier(name);
  const isSqlite = database.dialect.name === 'sqlite';
  const more: string[] = [];
  const values: unknown[] = [];
  const keyName = (at: number) => quote(columns[key[at]].name);
  if (range !== undefined) {
    more.push(`${keyName(0)} >= ?`, `${keyName(0)} <= ?`);
    values.push(...range);
  }
  if (after !== undefined) {
    const last = after.map((value, at) => sqlValueOf(value, columns[key[at]].kind));
    // Written out: as a comparison of rows, servers do not find its place in an index.
    const steps = last.map((_, depth) =>
      [...last.slice(0, depth).map((_one, at) => `${keyName(at)} = ?`), `${keyName(depth)} > ?`].join(' AND '),
    );
    if (last.length > 1) {
      more.push(`${keyName(0)} >= ?`);
      values.push(last[0]);
    }
    more.push(`(${steps.map((step) => `(${step})`).join(' OR ')})`);
    for (let depth = 0; depth < last.length; depth++) values.push(...last.slice(0, depth + 1));
  }
  const order = key.map((_, at) => keyName(at)).join(', ');
  // A FLOAT as text has 6 digits; as a double it has all that it is.
  const list = columns.map(({ name, kind }) => (kind === 'real' && !isSqlite ? `(${quote(name)} + 0e0)` : quote(name)));
  const sql = `SELECT ${list.join(', ')} FROM ${quote(table)}${condition(where, ...more)} ORDER BY ${order} LIMIT ${limit}`;
  const rows = isSqlite ? await readSqlite(executor, sql, values) : await readServer(executor, sql, values);
  for (const row of rows) {
    for (let at = 0; at < columns.length; at++) {
      try {
        row[at] = canonicalOf(row[at], columns[at].kind);
      } catch (error) {
        const place = key.map((one) => `${columns[one].name} ${String(row[one]).slice(0, 40)}`).join(', ');
        throw new TypeError(`column ${columns[at].name} of the row with ${place}: ${(error as Error).message}`);
      }
    }
  }
  return rows as Canonical[][];
}

async function readSqlite(executor: Executor, sql: string, values: readonly unknown[]): Promise<unknown[][]> {
  return await withRawConnection(
    executor,
    async (connection: SqliteConnection) =>
      connection
        .prepare(sql)
        .raw()
        .safeIntegers()
        .all(...values) as unknown[][],
  );
}

async function readServer(executor: Executor, sql: string, values: readonly unknown[]): Promise<unknown[][]> {
  const options = { sql, rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: false };
  const bound = values.map((value) => (typeof value === 'bigint' ? { toSqlString: () => value.toString() } : value));
  return await withRawConnection(
    executor,
    (connection: Connection) =>
      new Promise<unknown[][]>((resolve, reject) => {
        connection.query<RowDataPacket[][]>({ ...options, values: bound }, (error, rows) =>
          error ? reject(error) : resolve(rows),
        );
      }),
  );
}
