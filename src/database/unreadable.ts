/** Values and columns that a reader cannot put into its batch: the errors, the same for every way of reading. */
import { ExitCode, SettleError } from '../errors.ts';
import type { ColumnBatch, ColumnSpec, UnreadableValue } from './column-batch.ts';

/** Names the row by its key when the key is among the columns before the value, which makes it certainly decoded. */
export function unreadableValueError(
  { row, column, value }: UnreadableValue,
  table: string,
  key: string,
  batch: ColumnBatch,
): SettleError {
  const spec = batch.specs[column];
  const keyIndex = batch.specs.findIndex(({ name }, index) => name === key && index < column);
  const keyColumn = batch.columns[keyIndex];
  const place =
    keyColumn === undefined || !('values' in keyColumn) ? '' : ` of the row with ${key} ${keyColumn.values[row]}`;
  return new SettleError(
    'UNREADABLE_VALUE',
    // Until somebody corrects the row, every retry ends here.
    ExitCode.usage,
    `${table}.${spec.name}${place} is ${JSON.stringify(value.slice(0, 60))}, which is no ${MEANING[spec.type]}`,
    { hint: 'correct the row in the database, then start the run again' },
  );
}

/** A key of an unsigned column that no signed one holds. */
export function keyOutOfRange(table: string, key: string, value: bigint): SettleError {
  return new SettleError(
    'KEY_OUT_OF_RANGE',
    ExitCode.usage,
    `${table} has a row with ${key} ${value}, which is beyond 9223372036854775807`,
    { hint: 'give that row another id, or remove it: ids are signed 64-bit integers here' },
  );
}

/** A column whose declared type is another than the program expects. */
export function columnTypeError(spec: ColumnSpec): SettleError {
  return new SettleError('COLUMN_TYPE', ExitCode.usage, `column ${spec.name} is no ${MEANING[spec.type]} column`, {
    hint: 'compare the table with the documentation',
  });
}

const MEANING: Readonly<Record<ColumnSpec['type'], string>> = {
  int64: 'signed 64-bit integer',
  int32: 'signed 32-bit integer',
  number: 'integer of at most 53 bits',
  double: 'floating-point number',
  instant: 'UTC time (YYYY-MM-DD HH:MM:SS.sss)',
  date: 'date (YYYY-MM-DD)',
  datetime: 'UTC time (YYYY-MM-DD HH:MM:SS.sss)',
  text: 'text',
  decimal: 'decimal',
  json: 'JSON',
  bytes: 'bytes',
  'wire-date': 'date (YYYY-MM-DD)',
  'wire-datetime': 'time (YYYY-MM-DD HH:MM:SS.ssssss)',
  'wire-time': 'time of day or duration (HH:MM:SS.ssssss)',
  any: 'plain value',
};
