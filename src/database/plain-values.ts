/** Rows as drivers give them, arrays of values, into a batch: SQLite's way, and that of servers without the seam. */
import {
  type AnyColumn,
  type ColumnBatch,
  fitsColumn,
  type Int32Column,
  type Int64Column,
  type NumberColumn,
  type TextColumn,
} from './column-batch.ts';
import { hasCanonicalForm, parseInstant } from './instant.ts';
import { packDateText, packDatetimeText } from './packed-time.ts';
import { wireTimeOf } from './wire-time.ts';

export interface PlainOrigin {
  /** Integers may come as their digits; a zero date is no time at all, which is what NULL means. */
  readonly isServer: boolean;
  /** Whether integers come as bigints or digits: a double is then a REAL, and no integer cut short. */
  readonly isExact: boolean;
}

type PlainRows = readonly (readonly unknown[])[];

const TWO_32 = 4_294_967_296;
const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Adds rows up to the first unreadable value, which is noted; rows after it are left out. */
export function addPlainRows(rows: PlainRows, batch: ColumnBatch, origin: PlainOrigin): void {
  if (batch.unreadable !== undefined) return;
  const start = batch.size;
  batch.reserveRows(start + rows.length);
  for (let c = 0; c < batch.specs.length; c++) {
    if ((c & 31) === 0) batch.nullsOf(c).fill(0, start, start + rows.length);
    const bad = addColumn(rows, c, batch, origin);
    if (bad >= 0) batch.noteUnreadable(start + bad, c, rows[bad][c] === null ? 'NULL' : String(rows[bad][c]));
  }
  batch.size = start + rows.length;
  batch.cutUnreadable();
}

/** Each of these loops sees one kind of value. Returns the index of the first row whose value cannot be read, or -1. */
function addColumn(rows: PlainRows, c: number, batch: ColumnBatch, origin: PlainOrigin): number {
  const column = batch.columns[c];
  const bad = addValues(rows, c, batch, column, origin);
  if (!batch.specs[c].isRequired) return bad;
  const firstNull = rows.findIndex((row) => row[c] === null);
  return firstNull >= 0 && (bad < 0 || firstNull < bad) ? firstNull : bad;
}

function addValues(
  rows: PlainRows,
  c: number,
  batch: ColumnBatch,
  column: ColumnBatch['columns'][number],
  origin: PlainOrigin,
): number {
  switch (column.type) {
    case 'int64':
    case 'int32':
    case 'number':
      return addIntegers(rows, c, batch, column, origin);
    case 'double':
      return addDoubles(rows, c, batch, column);
    case 'instant':
      return addInstants(rows, c, batch, column, origin);
    case 'date':
    case 'datetime':
      return addPacked(rows, c, batch, column);
    case 'any':
      return addAny(rows, c, batch, column, origin);
    default:
      return addTexts(rows, c, batch, column);
  }
}

function addIntegers(
  rows: PlainRows,
  c: number,
  batch: ColumnBatch,
  column: Int64Column | Int32Column | NumberColumn,
  { isServer, isExact }: PlainOrigin,
): number {
  const { keepsText = false, isUnsigned = false } = batch.specs[c];
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    let value = rows[i][c];
    if (isServer && typeof value === 'string' && INTEGER.test(value)) value = BigInt(value);
    if (value === null) batch.putNull(row, c);
    else if (typeof value === 'bigint' && fitsColumn(value, column.type)) {
      if (column.type === 'int64') column.values[row] = value;
      else column.values[row] = Number(value);
    } else if (typeof value === 'number' && Number.isSafeInteger(value)) {
      if (column.type === 'int64') {
        const high = Math.floor(value / TWO_32);
        column.words[2 * row] = value - high * TWO_32;
        column.words[2 * row + 1] = high;
      } else if (column.type === 'int32' && value !== (value | 0)) return i;
      else column.values[row] = value;
    } else if (
      isUnsigned &&
      typeof value === 'bigint' &&
      column.type === 'int64' &&
      BigInt.asUintN(64, value) === value
    ) {
      column.values[row] = BigInt.asIntN(64, value);
    } else if (keepsText && (isExact || !Number.isInteger(value))) batch.keepText(row, c, String(value));
    else return i;
  }
  return -1;
}

function addDoubles(rows: PlainRows, c: number, batch: ColumnBatch, { values }: NumberColumn): number {
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    const value = rows[i][c];
    if (value === null) batch.putNull(row, c);
    else if (typeof value === 'number' || (typeof value === 'bigint' && Number.isSafeInteger(Number(value))))
      values[row] = Number(value);
    else return i;
  }
  return -1;
}

function addInstants(
  rows: PlainRows,
  c: number,
  batch: ColumnBatch,
  { values }: NumberColumn,
  { isServer }: PlainOrigin,
): number {
  const isCanonical = !isServer && batch.specs[c].isCanonical === true;
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    const value = rows[i][c];
    const isTaken = typeof value === 'string' && !(isCanonical && !hasCanonicalForm(value));
    const ms = isTaken ? parseInstant(value) : Number.NaN;
    if (!Number.isNaN(ms)) values[row] = ms;
    else if (value === null || isServer) batch.putNull(row, c);
    else return i;
  }
  return -1;
}

function addPacked(rows: PlainRows, c: number, batch: ColumnBatch, { type, values }: NumberColumn): number {
  const pack = type === 'date' ? packDateText : packDatetimeText;
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    const value = rows[i][c];
    if (value === null) {
      batch.putNull(row, c);
      continue;
    }
    const packed = typeof value === 'string' ? pack(value) : Number.NaN;
    if (Number.isNaN(packed)) return i;
    values[row] = packed;
  }
  return -1;
}

function addTexts(rows: PlainRows, c: number, batch: ColumnBatch, column: TextColumn): number {
  const { type } = column;
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    const value = rows[i][c];
    if (value === null) batch.putNull(row, c);
    else if (type === 'bytes') {
      if (!(value instanceof Uint8Array)) return i;
      batch.putBytes(row, column, value);
    } else if (type === 'decimal') {
      const text = String(value);
      if (value instanceof Uint8Array || !DECIMAL.test(text)) return i;
      batch.putText(row, column, text);
    } else if (type === 'wire-date' || type === 'wire-datetime' || type === 'wire-time') {
      const bytes = typeof value === 'string' ? wireTimeOf(value, type) : undefined;
      if (bytes === undefined) return i;
      batch.putBytes(row, column, bytes);
    } else if (typeof value === 'string') batch.putText(row, column, value);
    else return i;
  }
  return -1;
}

function addAny(
  rows: PlainRows,
  c: number,
  batch: ColumnBatch,
  { values }: AnyColumn,
  { isExact }: PlainOrigin,
): number {
  for (let i = 0, row = batch.size; i < rows.length; i++, row++) {
    const value = rows[i][c];
    if (value === null) batch.putNull(row, c);
    else if (typeof value === 'bigint') values[row] = Number.isSafeInteger(Number(value)) ? Number(value) : value;
    else if (!isExact && Number.isInteger(value) && !Number.isSafeInteger(value)) return i;
    else values[row] = value;
  }
  return -1;
}
