/** Reading rows on SQLite: arrays instead of objects, in blocks. */
import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import { addPlainRows } from './plain-values.ts';
import type { RowBinding, RowReader } from './row-reader.ts';

const ROWS_AT_ONCE = 4_096;
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
      let rows: unknown[][] = [];
      for (const row of statement.iterate(...bindings) as IterableIterator<unknown[]>) {
        rows.push(row);
        if (rows.length < ROWS_AT_ONCE) continue;
        addPlainRows(rows, into, exactly);
        rows = [];
      }
      addPlainRows(rows, into, exactly);
    },
  };
}
