/** Rows of any SELECT one after another, on a connection of their own, in bounded memory, as plain rows. */
import type { Connection, FieldPacket } from 'mysql2';
import type { Database } from './database.ts';
import { parseDatabaseUrl } from './url.ts';

/** 64-bit integers are numbers where that is exact, else bigints; all else as plain-rows.ts has it. */
export type StreamedRow = Record<string, unknown>;

const LONGLONG = 8;

/** Ending the loop early frees the connection. */
export function openRowStream(
  database: Database,
  sql: string,
  bindings: readonly (string | number | bigint)[],
): AsyncGenerator<StreamedRow> {
  return database.dialect.name === 'sqlite'
    ? streamSqlite(database, sql, bindings)
    : streamServer(database, sql, bindings);
}

async function* streamServer(
  { knex }: Database,
  sql: string,
  bindings: readonly (string | number | bigint)[],
): AsyncGenerator<StreamedRow> {
  const connection: Connection = await knex.client.acquireConnection();
  let isDone = false;
  try {
    const options = { sql, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true };
    const query = connection.query({ ...options, values: [...bindings] });
    let wide: string[] = [];
    query.on('fields', (fields: FieldPacket[]) => {
      wide = fields.filter(({ columnType }) => columnType === LONGLONG).map(({ name }) => name);
    });
    for await (const row of query.stream({ highWaterMark: 1000 }) as AsyncIterable<StreamedRow>) {
      for (const name of wide) row[name] = plainInteger(row[name]);
      yield row;
    }
    isDone = true;
  } finally {
    // What the server still sends is nobody's.
    if (!isDone) connection.destroy();
    await knex.client.releaseConnection(connection);
  }
}

async function* streamSqlite(
  { url }: Database,
  sql: string,
  bindings: readonly (string | number | bigint)[],
): AsyncGenerator<StreamedRow> {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind !== 'sqlite') throw new TypeError('not an SQLite database');
  const [{ default: SqliteDatabase }, { configureConnection }] = await Promise.all([
    import('better-sqlite3'),
    import('./sqlite-client.ts'),
  ]);
  const connection = new SqliteDatabase(parsed.path);
  try {
    configureConnection(connection);
    connection.pragma('query_only = ON');
    const rows = connection.prepare<unknown[], StreamedRow>(sql).iterate(...bindings);
    for (const row of rows) {
      for (const name in row) if (typeof row[name] === 'bigint') row[name] = plainInteger(row[name]);
      yield row;
    }
  } finally {
    connection.close();
  }
}

/** Servers give digits, SQLite bigints. */
function plainInteger(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
