/** Range scans on MariaDB and MySQL. */
import type { Database } from './database.ts';
import { ServerRows } from './read-rows-server.ts';
import { checkQuery, type RangeQuery, type Scanner, selectedColumns } from './scanner.ts';
import { unreadableValueError } from './unreadable.ts';

/** Takes a connection out of the pool until it is closed. */
export async function openServerScanner(database: Database): Promise<Scanner> {
  const { client } = database.knex;
  const connection = await client.acquireConnection();
  const quote = database.dialect.quoteIdentifier;
  const rows = new ServerRows(connection);
  let released = false;
  let scanning = false;

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (scanning || released) throw new Error(released ? 'the scanner is closed' : 'a scan is already running');
    scanning = true;
    try {
      return await work();
    } finally {
      scanning = false;
    }
  }

  return {
    async scan(query, batch, take, decode) {
      checkQuery(query, batch, take);
      const { from, to, limit, table, key } = query;
      return await alone(async () => {
        batch.clear();
        const read = await rows.readBatches(
          { sql: rangeSql(query, quote), bindings: [from, to, BigInt(limit)] },
          batch,
          take,
          decode,
        );
        if (batch.unreadable !== undefined) throw unreadableValueError(batch.unreadable, table, key, batch);
        return read;
      });
    },
    columnsOf: (table) => alone(() => rows.describe(`SELECT * FROM ${quote(table)} WHERE 1 = 0`)),
    async close() {
      if (released) return;
      released = true;
      await client.releaseConnection(connection);
    },
  };
}

/** The same text for every range of a query, so that the server prepares it once. */
function rangeSql(query: RangeQuery, quote: (name: string) => string): string {
  const { table, key, where } = query;
  const condition = where === undefined ? '' : ` AND (${where})`;
  return (
    `SELECT ${selectedColumns(query, quote).join(', ')} FROM ${quote(table)} ` +
    `WHERE ${quote(key)} BETWEEN ? AND ?${condition} ORDER BY ${quote(table)}.${quote(key)} LIMIT ?`
  );
}
