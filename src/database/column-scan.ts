/**
 * The hot read path: rows of a key range into a ColumnBatch, in key order, without an object for a row. A Scanner holds
 * one connection; the way it reads is chosen by dialect (column-scan-server.ts, column-scan-sqlite.ts).
 */
import type { Database } from './database.ts';
import type { Scanner } from './scanner.ts';

/** Opens a scanner on a connection of its own. One scan at a time. */
export async function openScanner(database: Database): Promise<Scanner> {
  if (database.dialect.name === 'sqlite') {
    const { openSqliteScanner } = await import('./column-scan-sqlite.ts');
    return openSqliteScanner(database);
  }
  const { openServerScanner } = await import('./column-scan-server.ts');
  return openServerScanner(database);
}
