/**
 * Range scans on SQLite, over a connection of their own: the pool's only one may be in a transaction, and with WAL a
 * reader never waits for the writer.
 */
import SqliteDatabase, { type Database as SqliteConnection } from 'better-sqlite3';
import type { ColumnBatch } from './column-batch.ts';
import type { Database } from './database.ts';
import { hasCanonicalForm, parseInstant } from './instant.ts';
import { checkQuery, type RangeQuery, type Scanner, type TakeRows } from './scanner.ts';
import { configureConnection } from './sqlite-client.ts';
import { UnreadableValue, unreadableValueError } from './unreadable.ts';
import { parseDatabaseUrl } from './url.ts';

/** Rows that exist as JavaScript arrays at one time; more gain nothing and cost memory. */
const ROWS_AT_ONCE = 4096;
const TWO_32 = 4_294_967_296;

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
    // better-sqlite3's close may be called again.
    async close() {
      connection.close();
    },
  };
}

function scanRange(
  connection: SqliteConnection,
  { table, key, columns, from, to, limit, where }: RangeQuery,
  batch: ColumnBatch,
  quote: (name: string) => string,
  take: TakeRows | undefined,
): number {
  const condition = where === undefined ? '' : ` AND (${where})`;
  // The key comes last, as the place where the next piece goes on.
  const statement = connection
    .prepare(
      `SELECT ${[...columns.map(({ name }) => quote(name)), `${quote(key)}`].join(', ')} FROM ${quote(table)} ` +
        `WHERE ${quote(key)} BETWEEN ? AND ?${condition} ORDER BY ${quote(key)} LIMIT ?`,
    )
    .raw();
  batch.clear();
  let total = 0;
  let next = from;
  while (total < limit) {
    const wanted = Math.min(limit - total, ROWS_AT_ONCE, batch.capacity - batch.size);
    // Integers as doubles first, which is by far the fastest, and again as BigInts should one not be exact.
    let rows = statement.safeIntegers(false).all(next, to, wanted) as unknown[][];
    let lastKey = rows.length === 0 ? next : exactInteger(rows[rows.length - 1][columns.length]);
    let unreadable = lastKey === undefined ? INEXACT : fillRows(rows, batch, false);
    if (unreadable !== undefined) {
      rows = statement.safeIntegers(true).all(next, to, wanted) as unknown[][];
      lastKey = rows.length === 0 ? next : exactInteger(rows[rows.length - 1][columns.length]);
      unreadable = fillRows(rows, batch, true);
    }
    if (unreadable !== undefined) throw unreadableValueError(unreadable, table, key, batch);
    if (lastKey === undefined) throw new TypeError(`${table}.${key} is no integer key`);
    batch.size += rows.length;
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

const INEXACT = new UnreadableValue(0, 0, '');

function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}

/**
 * Column by column: each of its loops sees one kind of value. Returns the first value that cannot be read.
 * @param isExact whether integers come as BigInts: a double is then a REAL, and no integer cut short
 */
function fillRows(
  rows: readonly (readonly unknown[])[],
  batch: ColumnBatch,
  isExact: boolean,
): UnreadableValue | undefined {
  const start = batch.size;
  batch.nulls.fill(0, start, start + rows.length);
  for (let c = 0; c < batch.columns.length; c++) {
    const bad = fillColumn(rows, c, batch, isExact);
    if (bad >= 0) return new UnreadableValue(start + bad, c, String(rows[bad][c]));
  }
  return undefined;
}

/** Returns the index of the first row whose value cannot be read, or -1. */
function fillColumn(rows: readonly (readonly unknown[])[], c: number, batch: ColumnBatch, isExact: boolean): number {
  const column = batch.columns[c];
  const { nulls, size: start } = batch;
  const { keepsMisfits = false, isCanonical = false } = batch.specs[c];
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i][c];
    const row = start + i;
    if (value === null) {
      nulls[row] |= 1 << c;
      if (column.type === 'int64') column.values[row] = 0n;
      else column.values[row] = column.type === 'instant' ? Number.NaN : 0;
    } else if (column.type === 'instant') {
      const isTaken = typeof value === 'string' && !(isCanonical && !hasCanonicalForm(value));
      const ms = isTaken ? parseInstant(value) : Number.NaN;
      if (Number.isNaN(ms)) return i;
      column.values[row] = ms;
    } else if (typeof value === 'bigint') {
      if (column.type === 'int64') column.values[row] = value;
      else if (Number.isSafeInteger(Number(value))) column.values[row] = Number(value);
      else if (keepsMisfits) batch.keepMisfit(row, c, String(value));
      else return i;
    } else if (typeof value === 'number' && Number.isSafeInteger(value)) {
      if (column.type === 'int64') {
        const high = Math.floor(value / TWO_32);
        column.words[2 * row] = value - high * TWO_32;
        column.words[2 * row + 1] = high;
      } else column.values[row] = value;
    } else if (keepsMisfits && (isExact || !Number.isInteger(value))) batch.keepMisfit(row, c, String(value));
    else return i;
  }
  return -1;
}
