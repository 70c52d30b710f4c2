/** A value of a batch as drivers take it. Pure. */
import { type ColumnBatch, integerAt } from './column-batch.ts';
import type { SqlValue } from './values.ts';
import { wireTimeText } from './wire-time.ts';

/**
 * Integers are bigints, for SQLite's driver would store a number as a double; bytes are a copy; times are texts.
 * @throws TypeError for a column that holds less than the database does (`number`, `instant`, ...)
 */
export function sqlValueAt(batch: ColumnBatch, index: number, row: number): SqlValue {
  if (batch.isNull(row, index)) return null;
  const column = batch.columns[index];
  switch (column.type) {
    case 'int64':
      return batch.specs[index].isUnsigned ? BigInt.asUintN(64, column.values[row]) : column.values[row];
    case 'double':
      return column.values[row];
    case 'text':
    case 'json':
    case 'decimal':
      return batch.textAt(index, row);
    case 'bytes':
      return Buffer.from(batch.bytes.subarray(column.at[row], column.at[row] + column.length[row]));
    case 'wire-date':
    case 'wire-datetime':
    case 'wire-time':
      return wireTimeText(
        batch.bytes,
        column.at[row],
        column.length[row],
        column.type,
        batch.specs[index].fraction ?? 0,
      );
    default:
      throw new TypeError(`a column of the type ${column.type} does not hold all of its value`);
  }
}

export function sqlRowAt(batch: ColumnBatch, row: number): SqlValue[] {
  return batch.columns.map((_column, index) => sqlValueAt(batch, index, row));
}

/** An integer as its digits, with few BigInts. */
export function digitsAt(batch: ColumnBatch, index: number, row: number): string {
  const column = batch.int64(index);
  if (batch.specs[index].isUnsigned && column.words[2 * row + 1] < 0)
    return BigInt.asUintN(64, column.values[row]).toString();
  return integerAt(column, row).toString();
}
