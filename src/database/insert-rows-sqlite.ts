/** Inserts on SQLite: one prepared statement run for each row; within one process there is no round trip to save. */
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { Executor } from './database.ts';
import type { InsertSyntax } from './dialect.ts';
import { withRawConnection } from './raw-connection.ts';
import { giveTurn, turnIsDue } from './turn.ts';
import type { SqlValue } from './values.ts';

export async function insertSqliteRows(
  executor: Executor,
  syntax: InsertSyntax,
  columnCount: number,
  rows: Iterable<readonly SqlValue[]>,
): Promise<void> {
  await withRawConnection(executor, async (connection: SqliteConnection) => {
    const placeholders = new Array(columnCount).fill('?').join(',');
    const statement = connection.prepare(`${syntax.head}(${placeholders})${syntax.tail}`);
    if (connection.inTransaction) {
      for (const row of rows) {
        statement.run(row);
        if (turnIsDue()) await giveTurn();
      }
      return;
    }
    // Each row would be synced to disk by itself.
    connection
      .transaction(() => {
        for (const row of rows) statement.run(row);
      })
      .immediate();
  });
}
