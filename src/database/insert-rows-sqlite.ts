/** Inserts on SQLite: one prepared statement run for each row; within one process there is no round trip to save. */
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { Executor } from './database.ts';
import type { InsertSyntax } from './dialect.ts';
import { withRawConnection } from './raw-connection.ts';
import type { SqlValue } from './values.ts';

export async function insertSqliteRows(
  executor: Executor,
  syntax: InsertSyntax,
  columnCount: number,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  await withRawConnection(executor, async (connection: SqliteConnection) => {
    const placeholders = new Array(columnCount).fill('?').join(',');
    const statement = connection.prepare(`${syntax.head}(${placeholders})${syntax.tail}`);
    const insertAll = () => {
      for (const row of rows) statement.run(row);
    };
    // Outside of a transaction each row would be synced to disk by itself.
    if (connection.inTransaction) insertAll();
    else connection.transaction(insertAll).immediate();
  });
}
