/**
 * The ordinary way to read a range on a server: text rows by mysql2's public interface. Several times slower than
 * binary-rows.ts and with the same result; used when an upgrade of mysql2 moved the seam, or SETTLE_PLAIN_SCAN=1.
 */
import type { Connection, RowDataPacket } from 'mysql2';
import { definitionOf, readerOf } from './binary-columns.ts';
import { type ColumnBatch, fitsColumn } from './column-batch.ts';
import { parseInstant } from './instant.ts';
import type { TakeRows } from './scanner.ts';
import { UnreadableValue } from './unreadable.ts';

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
    connection.query<RowDataPacket[][]>(options, (error, rows, fields) => {
      if (error) return reject(error);
      try {
        fields.forEach((field, i) => {
          readerOf(definitionOf(field), batch.specs[i]);
        });
        resolve(fillBatches(rows, batch, take));
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
  batch.clear();
  if (take === undefined) return fillBatch(rows, batch);
  for (let from = 0; from < rows.length; from += batch.capacity) {
    const size = fillBatch(rows.slice(from, from + batch.capacity), batch);
    if (size instanceof UnreadableValue) return size;
    take(batch);
  }
  return rows.length;
}

function fillBatch(rows: readonly (readonly unknown[])[], batch: ColumnBatch): number | UnreadableValue {
  batch.clear();
  for (let row = 0; row < rows.length; row++) {
    batch.nulls[row] = 0;
    for (let c = 0; c < batch.specs.length; c++) {
      const value = rows[row][c];
      const column = batch.columns[c];
      if (column.type !== 'instant') {
        const exact = value === null ? 0n : BigInt(String(value));
        if (!fitsColumn(exact, column.type)) {
          if (!batch.specs[c].keepsMisfits) return new UnreadableValue(row, c, String(value));
          batch.keepMisfit(row, c, String(value));
        } else if (column.type === 'int64') column.values[row] = exact;
        else column.values[row] = Number(exact);
      } else {
        // A zero date is no time at all, which is what NULL means.
        column.values[row] = value === null ? Number.NaN : parseInstant(String(value));
      }
      const isNoTime = column.type === 'instant' && Number.isNaN(column.values[row]);
      if (value === null || isNoTime) batch.nulls[row] |= 1 << c;
    }
  }
  batch.size = rows.length;
  return rows.length;
}
