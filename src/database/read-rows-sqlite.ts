/** Reading rows on SQLite: arrays instead of objects, in blocks. */
import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import { addPlainRows } from './plain-values.ts';
import type { RowBinding, RowReader } from './row-reader.ts';

const ROWS_AT_ONCE = 4_096;
/** Of a batch that is bounded in bytes. */
const ROWS_AT_ONCE_BOUNDED = 256;
const exactly = { isServer: false, isExact: true };

export function sqliteRowReader(connection: SqliteConnection): RowReader {
  const statements = new Map<string, Statement>();
  return {
    async read(sql: string, bindings: readonly RowBinding[], into) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = connection.prepare(sql).raw().safeIntegers(true);
        statements.set(sql, statement);
      }
      const rowsAtOnce = into.isBounded ? ROWS_AT_ONCE_BOUNDED : ROWS_AT_ONCE;
      let rows: unknown[][] = [];
      for (const row of statement.iterate(...bindings) as IterableIterator<unknown[]>) {
        rows.push(row);
        if (rows.length < rowsAtOnce) continue;
        if (into.refusesMore()) return;
        addPlainRows(rows, into, exactly);
        rows = [];
      }
      if (rows.length > 0 && !into.refusesMore()) addPlainRows(rows, into, exactly);
    },
  };
}
