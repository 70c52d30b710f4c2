/** Reading rows on MariaDB and MySQL: the binary protocol through the seam, or mysql2's own text rows. */
import mysql, { type Connection, type RowDataPacket } from 'mysql2';
import { environment } from '../environment.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { type ColumnDefinition, definitionOf } from './binary-columns.ts';
import { BinaryRowColumns, isOfType } from './binary-row-columns.ts';
import { executeIntoTarget, SeamMovedError, seamFits } from './mysql2-seam.ts';
import { addPlainRows } from './plain-row-columns.ts';
import type { RowColumns } from './row-columns.ts';
import type { RowBinding, RowReader } from './row-reader.ts';

/** `SETTLE_PLAIN_SCAN=1` asks for the plain way, as it does of scans. */
export function serverRowReader(connection: Connection): RowReader {
  let isPlain = environment().SETTLE_PLAIN_SCAN === '1' || !seamFits(connection);
  return {
    async read(sql, bindings, into) {
      if (!isPlain) {
        const { size, bytesUsed } = into;
        try {
          return await readBinary(connection, sql, bindings, into);
        } catch (error) {
          if (!(error instanceof SeamMovedError)) throw error;
          isPlain = true;
          Object.assign(into, { size, bytesUsed, unreadable: undefined });
        }
      }
      await readPlain(connection, sql, bindings, into);
    },
  };
}

async function readBinary(
  connection: Connection,
  sql: string,
  bindings: readonly RowBinding[],
  into: RowColumns,
): Promise<void> {
  const values = bindings.map((value) => (typeof value === 'bigint' ? mysql.TypedParameter.LONGLONG(value) : value));
  await executeIntoTarget(connection, sql, values, (definitions) => {
    checkTypes(definitions, into);
    return new BinaryRowColumns(into);
  });
}

function readPlain(
  connection: Connection,
  sql: string,
  bindings: readonly RowBinding[],
  into: RowColumns,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Every integer as text: one rule for all, and none goes through a double.
    const options = { sql, rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true };
    // Numbers stand unquoted: LIMIT takes no text.
    const values = bindings.map((value) => (typeof value === 'bigint' ? mysql.raw(value.toString()) : value));
    connection.query<RowDataPacket[][]>({ ...options, values }, (error, rows, fields) => {
      if (error) return reject(error);
      try {
        checkTypes(fields.map(definitionOf), into);
        addPlainRows(rows, into);
        resolve();
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

function checkTypes(definitions: readonly ColumnDefinition[], { specs }: RowColumns): void {
  if (definitions.length !== specs.length) throw new TypeError('the result has other columns than asked for');
  const wrong = specs.find((spec, i) => !isOfType(definitions[i], spec));
  if (wrong === undefined) return;
  throw new SettleError('COLUMN_TYPE', ExitCode.usage, `column ${wrong.name} is no ${wrong.type} column`, {
    hint: 'compare the table with the migration that made it',
  });
}
