/**
 * The ordinary way to read a range on a server: text rows by mysql2's public interface. Several times slower than
 * binary-rows.ts and with the same result; used when an upgrade of mysql2 moved the seam, or SETTLE_PLAIN_SCAN=1.
 */
import type { Connection } from 'mysql2';
import { type ColumnDefinition, readerOf } from './binary-columns.ts';
import type { ColumnBatch } from './column-batch.ts';
import type { TakeRows } from './column-scan.ts';
import { parseInstant } from './instant.ts';
import { UnreadableValue } from './unreadable.ts';

const INT64_MAX = 2n ** 63n - 1n;

/**
 * Runs the statement and fills the batch, as Scanner.scan says. Resolves to the number of rows, or what could not be
 * read.
 */
export function scanPlain(
  connection: Connection,
  sql: string,
  values: readonly (string | number)[],
  batch: ColumnBatch,
  take?: TakeRows,
): Promise<number | UnreadableValue> {
  return new Promise((resolve, reject) => {
    const options = { sql, values: [...values], rowsAsArray: true, dateStrings: true, typeCast: true };
    // Every integer as text: one rule for all, and none goes through a double.
    Object.assign(options, { supportBigNumbers: true, bigNumberStrings: true });
    connection.query(options, (error, rows, fields) => {
      if (error) return reject(error);
      try {
        fields.forEach((field, i) => {
          readerOf(field as unknown as ColumnDefinition, batch.specs[i]);
        });
        resolve(fillBatches(rows as unknown as unknown[][], batch, take));
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

function fillBatches(
  rows: readonly (readonly unknown[])[],
  batch: ColumnBatch,
  take: TakeRows | undefined,
): number | UnreadableValue {
  batch.size = 0;
  if (take === undefined) return fillBatch(rows, batch);
  for (let from = 0; from < rows.length; from += batch.capacity) {
    const size = fillBatch(rows.slice(from, from + batch.capacity), batch);
    if (size instanceof UnreadableValue) return size;
    take(batch);
  }
  return rows.length;
}

function fillBatch(rows: readonly (readonly unknown[])[], batch: ColumnBatch): number | UnreadableValue {
  for (let row = 0; row < rows.length; row++) {
    let nulls = 0;
    for (let c = 0; c < batch.specs.length; c++) {
      const value = rows[row][c];
      const column = batch.columns[c];
      if (column.type === 'int64') {
        const exact = value === null ? 0n : BigInt(String(value));
        if (exact > INT64_MAX) return new UnreadableValue(row, c, String(value));
        column.values[row] = exact;
      } else if (column.type === 'number') {
        const number = value === null ? 0 : Number(value);
        if (!Number.isSafeInteger(number)) return new UnreadableValue(row, c, String(value));
        column.values[row] = number;
      } else {
        // A zero date is no time at all, which is what NULL means.
        column.values[row] = value === null ? Number.NaN : parseInstant(String(value));
      }
      if (value === null || (column.type === 'instant' && Number.isNaN(column.values[row]))) nulls |= 1 << c;
    }
    batch.nulls[row] = nulls;
  }
  batch.size = rows.length;
  return rows.length;
}
