/** Rows of a batch as plain objects, `{ id, name, ... }`. */
import { type ColumnBatch, integerAt } from '../database/column-batch.ts';

/**
 * A row as an object by column. Integers are numbers where that is exact, else bigints; decimals, JSON, dates and times
 * are their texts (a Date would lose microseconds, and knows no date without a time); bytes are a Buffer; NULL is null.
 */
export type PlainRow = Record<string, unknown>;

/** Makes the plain row of each row of the batch, which may be filled again and again. */
export function plainRowsOf(batch: ColumnBatch): (row: number) => PlainRow {
  const names = batch.specs.map(({ name }) => name);
  const values = names.map((_name, c) => plainValuesOf(batch, c));
  return (row) => {
    const item: PlainRow = {};
    for (let c = 0; c < names.length; c++) item[names[c]] = batch.isNull(row, c) ? null : values[c](row);
    return item;
  };
}

function plainValuesOf(batch: ColumnBatch, c: number): (row: number) => unknown {
  const column = batch.columns[c];
  if (column.type === 'int64') return (row) => integerAt(column, row);
  if (column.type === 'bytes')
    return (row) => Buffer.from(batch.bytes.subarray(column.at[row], column.at[row] + column.length[row]));
  if ('length' in column) return (row) => batch.textAt(c, row);
  return (row) => column.values[row];
}
