/** Range scans on MariaDB and MySQL: the binary protocol through the seam, or the plain way. */
import mysql, { type Connection } from 'mysql2';
import { environment } from '../environment.ts';
import { BinaryRows } from './binary-rows.ts';
import type { ColumnBatch } from './column-batch.ts';
import { scanPlain } from './column-scan-plain.ts';
import type { Database } from './database.ts';
import { executeIntoTarget, SeamMovedError, seamFits } from './mysql2-seam.ts';
import { checkQuery, type RangeQuery, type Scanner, type TakeRows } from './scanner.ts';
import { UnreadableValue, unreadableValueError } from './unreadable.ts';

/** Takes a connection out of the pool until it is closed. `SETTLE_PLAIN_SCAN=1` asks for the plain way. */
export async function openServerScanner(database: Database): Promise<Scanner> {
  const { client } = database.knex;
  const connection: Connection = await client.acquireConnection();
  const quote = database.dialect.quoteIdentifier;
  let plain = environment().SETTLE_PLAIN_SCAN === '1' || !seamFits(connection);
  let released = false;
  let scanning = false;

  async function scan(query: RangeQuery, batch: ColumnBatch, take?: TakeRows): Promise<number | UnreadableValue> {
    const sql = rangeSql(query, quote);
    if (!plain) {
      let handedOver = false;
      const takeAndNote: TakeRows | undefined =
        take &&
        ((full) => {
          handedOver = true;
          take(full);
        });
      try {
        return await scanBinary(connection, sql, query, batch, takeAndNote);
      } catch (error) {
        // Rows that were handed over must not be handed over again.
        if (!(error instanceof SeamMovedError) || handedOver) throw error;
        plain = true;
      }
    }
    return await scanPlain(connection, sql, [`${query.from}`, `${query.to}`, query.limit], batch, take);
  }

  return {
    async scan(query, batch, take) {
      checkQuery(query, batch, take);
      if (scanning || released) throw new Error(released ? 'the scanner is closed' : 'a scan is already running');
      scanning = true;
      try {
        const rows = await scan(query, batch, take);
        if (rows instanceof UnreadableValue) throw unreadableValueError(rows, query.table, query.key, batch);
        return rows;
      } finally {
        scanning = false;
      }
    },
    async close() {
      if (released) return;
      released = true;
      await client.releaseConnection(connection);
    },
  };
}

async function scanBinary(
  connection: Connection,
  sql: string,
  query: RangeQuery,
  batch: ColumnBatch,
  take: TakeRows | undefined,
): Promise<number | UnreadableValue> {
  let rows: BinaryRows | undefined;
  const bounds = [
    mysql.TypedParameter.LONGLONG(query.from),
    mysql.TypedParameter.LONGLONG(query.to),
    mysql.TypedParameter.LONGLONG(query.limit),
  ];
  await executeIntoTarget(connection, sql, bounds, (definitions) => {
    rows = new BinaryRows(definitions, batch, take);
    return rows;
  });
  if (rows === undefined) throw new SeamMovedError('mysql2 reported rows without their columns');
  rows.finish();
  if (rows.failure !== undefined) throw rows.failure;
  return rows.unreadable ?? rows.rows;
}

/** The same text for every range of a query, so that the server prepares it once. */
function rangeSql({ table, key, columns, where }: RangeQuery, quote: (name: string) => string): string {
  const condition = where === undefined ? '' : ` AND (${where})`;
  return (
    `SELECT ${columns.map(({ name }) => quote(name)).join(', ')} FROM ${quote(table)} ` +
    `WHERE ${quote(key)} BETWEEN ? AND ?${condition} ORDER BY ${quote(key)} LIMIT ?`
  );
}
