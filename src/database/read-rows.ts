/**
 * Answers of plain queries as columns, in a transaction of the caller's: on servers straight from the bytes of the
 * socket (mysql2-seam.ts), elsewhere row by row. For readers of whole rows by the million.
 */
import type { Database, Transaction } from './database.ts';
import { withRawConnection } from './raw-connection.ts';
import type { RowReader } from './row-reader.ts';

/** Reads on the transaction's own connection, for as long as `work` takes. */
export async function withRowReader<T>(
  database: Pick<Database, 'dialect'>,
  tx: Transaction,
  work: (reader: RowReader) => Promise<T>,
): Promise<T> {
  if (database.dialect.name === 'sqlite') {
    const { sqliteRowReader } = await import('./read-rows-sqlite.ts');
    return await withRawConnection(tx, (connection: Parameters<typeof sqliteRowReader>[0]) =>
      work(sqliteRowReader(connection)),
    );
  }
  const { ServerRows } = await import('./read-rows-server.ts');
  return await withRawConnection(tx, (connection: ConstructorParameters<typeof ServerRows>[0]) =>
    work(new ServerRows(connection)),
  );
}
