/**
 * Range scans on SQLite, over a connection of their own: the pool's only one may be in a transaction, and with WAL a
 * reader never waits for the writer.
 */
import SqliteDatabase, { type Database as SqliteConnection } from 'better-sqlite3';
import type { ColumnBatch } from './column-batch.ts';
import type { Database } from './database.ts';
import { addPlainRows } from './plain-values.ts';
import { checkQuery, type RangeQuery, type Scanner, selectedColumns, type TakeRows } from './scanner.ts';
import { configureConnection } from './sqlite-client.ts';
import { unreadableValueError } from './unreadable.ts';
import { parseDatabaseUrl } from './url.ts';

/** Rows that exist as JavaScript arrays at one time; more gain nothing and cost memory. */
const ROWS_AT_ONCE = 4096;
const inexactly = { isServer: false, isExact: false };
const exactly = { isServer: false, isExact: true };

export async function openSqliteScanner(database: Database): Promise<Scanner> {
  const url = parseDatabaseUrl(database.url);
  if (url.kind !== 'sqlite') throw new TypeError('not an SQLite database');
  const connection = new SqliteDatabase(url.path);
  configureConnection(connection);
  connection.pragma('query_only = ON');
  return {
    async scan(query, batch, take) {
      checkQuery(query, batch, take);
      return scanRange(connection, query, batch, database.dialect.quoteIdentifier, take);
    },
    // Any row may hold values of any type.
    columnsOf: async (table) =>
      connection
        .prepare(`SELECT * FROM ${database.dialect.quoteIdentifier(table)} WHERE 1 = 0`)
        .columns()
        .map(({ name }) => ({ name, type: 'any' as const })),
    // better-sqlite3's close may be called again.
    async close() {
      connection.close();
    },
  };
}

function scanRange(
  connection: SqliteConnection,
  query: RangeQuery,
  batch: ColumnBatch,
  quote: (name: string) => string,
  take: TakeRows | undefined,
): number {
  const { table, key, columns, from, to, limit, where } = query;
  const condition = where === undefined ? '' : ` AND (${where})`;
  // The key comes last, as the place where the next piece goes on.
  const statement = connection
    .prepare(
      `SELECT ${[...selectedColumns(query, quote), `${quote(table)}.${quote(key)}`].join(', ')} FROM ${quote(table)} ` +
        `WHERE ${quote(key)} BETWEEN ? AND ?${condition} ORDER BY ${quote(table)}.${quote(key)} LIMIT ?`,
    )
    .raw();
  batch.clear();
  let total = 0;
  let next = from;
  while (total < limit) {
    const { size } = batch;
    const wanted = Math.min(limit - total, ROWS_AT_ONCE, batch.capacity - batch.size);
    // Integers as doubles first, which is by far the fastest, and again as BigInts should one not be exact.
    let rows = statement.safeIntegers(false).all(next, to, wanted) as unknown[][];
    let lastKey = rows.length === 0 ? next : exactInteger(rows[rows.length - 1][columns.length]);
    if (lastKey !== undefined) addPlainRows(rows, batch, inexactly);
    if (lastKey === undefined || batch.unreadable !== undefined) {
      batch.size = size;
      batch.unreadable = undefined;
      rows = statement.safeIntegers(true).all(next, to, wanted) as unknown[][];
      lastKey = rows.length === 0 ? next : exactInteger(rows[rows.length - 1][columns.length]);
      addPlainRows(rows, batch, exactly);
    }
    if (batch.unreadable !== undefined) throw unreadableValueError(batch.unreadable, table, key, batch);
    if (lastKey === undefined) throw new TypeError(`${table}.${key} is no integer key`);
    total += rows.length;
    const isLast = rows.length < wanted || total === limit;
    if (take !== undefined && batch.size > 0 && (isLast || batch.size === batch.capacity)) {
      take(batch);
      if (!isLast) batch.clear();
    }
    if (isLast) break;
    next = lastKey + 1n;
  }
  return total;
}

function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}
