/** Rows as drivers give them, arrays of values, into RowColumns: SQLite's way, and that of servers without the seam. */
import { packDateText, packDatetimeText, type RowColumnSpec, type RowColumns } from './row-columns.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT32_MAX = 2 ** 31 - 1;
const utf8 = new TextEncoder();

/** Adds rows up to the first unreadable value, which is noted; rows after it are left out. */
export function addPlainRows(rows: readonly (readonly unknown[])[], columns: RowColumns): void {
  if (columns.unreadable !== undefined) return;
  columns.reserveRows(columns.size + rows.length);
  for (const values of rows) {
    const row = columns.size;
    columns.nulls[row] = 0;
    for (let c = 0; c < columns.specs.length; c++) {
      if (store(columns, row, c, values[c], columns.specs[c])) continue;
      columns.unreadable = { row, column: c, value: String(values[c]) };
      return;
    }
    columns.size++;
  }
}

/** False when the value is not of its column's type. */
function store(
  columns: RowColumns,
  row: number,
  c: number,
  value: unknown,
  { type, nullable }: RowColumnSpec,
): boolean {
  if (value === null) {
    columns.nulls[row] |= 1 << c;
    if (type === 'int64') columns.int64[c][row] = 0n;
    else if (type === 'int32') columns.int32[c][row] = 0;
    else if (type === 'date' || type === 'datetime') columns.instants[c][row] = Number.NaN;
    else columns.textLength[c][row] = 0;
    return nullable === true;
  }
  switch (type) {
    case 'int64': {
      const exact = integer(value);
      if (exact === undefined || exact > INT64_MAX || exact < -INT64_MAX - 1n) return false;
      columns.int64[c][row] = exact;
      return true;
    }
    case 'int32': {
      const number = Number(integer(value) ?? Number.NaN);
      if (!(Math.abs(number) <= INT32_MAX)) return false;
      columns.int32[c][row] = number;
      return true;
    }
    case 'date':
    case 'datetime': {
      const pack = type === 'date' ? packDateText : packDatetimeText;
      const packed = typeof value === 'string' ? pack(value) : Number.NaN;
      columns.instants[c][row] = packed;
      return !Number.isNaN(packed);
    }
    case 'text': {
      if (typeof value !== 'string') return false;
      // UTF-8 takes at most three bytes for each UTF-16 unit.
      columns.reserveBytes(value.length * 3);
      const { written } = utf8.encodeInto(value, columns.bytes.subarray(columns.bytesUsed));
      columns.textAt[c][row] = columns.bytesUsed;
      columns.textLength[c][row] = written;
      columns.bytesUsed += written;
      return true;
    }
  }
}

/** Servers give text, SQLite numbers or bigints. */
function integer(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}
