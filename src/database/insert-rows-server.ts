/**
 * Multi-row INSERT as text, the way that both servers take: on MySQL always, on MariaDB where the bulk protocol
 * (insert-rows-mariadb.ts) does not go. SQL text is built here, by far faster than by placeholders.
 */
import type { Executor } from './database.ts';
import type { InsertSyntax } from './dialect.ts';
import { withRawConnection } from './raw-connection.ts';
import type { SqlValue } from './values.ts';

/**
 * A statement is sent when it has grown to this many characters; one row more may stand in it. MySQL takes megabytes at
 * little more than half the speed: what it makes of them in memory does not fit the caches.
 */
export const STATEMENT_LENGTH_MAX = 64_000;

/** A connection of mysql2 that sends a statement as text. */
export interface TextConnection {
  query(query: { sql: string; values: null }, done: (error: unknown) => void): void;
}

interface ServerConnection extends TextConnection {
  execute(sql: string, values: unknown[], done: (error: unknown) => void): void;
}

export async function insertServerRows(
  executor: Executor,
  syntax: InsertSyntax,
  rows: Iterable<readonly SqlValue[]>,
): Promise<void> {
  await withRawConnection(executor, async (connection: ServerConnection) => {
    let statement = '';
    let hasBytes: boolean | undefined;
    for (const row of rows) {
      hasBytes ??= row.some((value) => value instanceof Uint8Array);
      if (hasBytes) {
        await insertWithBytes(connection, syntax, row);
        continue;
      }
      statement += statement === '' ? syntax.head : ',';
      statement += rowText(row);
      if (statement.length >= STATEMENT_LENGTH_MAX) {
        await sendText(connection, statement + syntax.tail);
        statement = '';
      }
    }
    if (statement !== '') await sendText(connection, statement + syntax.tail);
  });
}

/** Rows with bytes go one by one as parameters of a prepared statement: as text, bytes would be twice as long. */
async function insertWithBytes(
  connection: ServerConnection,
  syntax: InsertSyntax,
  row: readonly SqlValue[],
): Promise<void> {
  const sql = `${syntax.head}(${row.map(() => '?').join(',')})${syntax.tail}`;
  const values = row.map((value) => (typeof value === 'bigint' ? value.toString() : asBuffer(value)));
  await new Promise<void>((resolve, reject) => {
    connection.execute(sql, values, (error) => (error ? reject(error) : resolve()));
  });
}

/** mysql2 knows bytes by their being a Buffer. */
function asBuffer<T>(value: T): T | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

export function sendText(connection: TextConnection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // `values: null` keeps mysql2 from searching the megabyte for placeholders.
    connection.query({ sql, values: null }, (error) => (error ? reject(error) : resolve()));
  });
}

function rowText(row: readonly SqlValue[]): string {
  let text = '(';
  for (let i = 0; i < row.length; i++) {
    if (i > 0) text += ',';
    text += valueText(row[i]);
  }
  return `${text})`;
}

/** A value as a literal. The session's sql_mode (open.ts) is one in which the backslash escapes. */
export function valueText(value: SqlValue): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be stored`);
    return String(value);
  }
  if (typeof value === 'string')
    return NEEDS_ESCAPE.test(value) ? `'${value.replace(SPECIAL, escapeOne)}'` : `'${value}'`;
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return value.toString();
  return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL and Ctrl-Z are what has to be escaped
const NEEDS_ESCAPE = /[\0\x1a'\\]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const SPECIAL = /[\0\x1a'\\]/g;

function escapeOne(character: string): string {
  if (character === '\0') return '\\0';
  return character === '\x1a' ? '\\Z' : `\\${character}`;
}
