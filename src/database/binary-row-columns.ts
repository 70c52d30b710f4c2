/**
 * Rows of MySQL's binary protocol, decoded from the bytes of the socket into RowColumns: as binary-rows.ts, with texts
 * and any number of rows. The bytes of a piece with texts are kept as they came, by one copy; texts point into them.
 */
import type { ColumnDefinition } from './binary-columns.ts';
import { packInstant, type RowColumnSpec, type RowColumns } from './row-columns.ts';

/** Protocol numbers of column types. */
const LONG = 3;
const LONGLONG = 8;
const DATE = 10;
const DATETIME = 12;
const VARCHAR = 15;
const VAR_STRING = 253;
const STRING = 254;
const UNSIGNED_FLAG = 32;

const types: Readonly<Record<RowColumnSpec['type'], readonly number[]>> = {
  int64: [LONGLONG],
  int32: [LONG],
  date: [DATE],
  datetime: [DATETIME],
  text: [VARCHAR, VAR_STRING, STRING],
};
const INT64 = 0;
const INT32 = 1;
const TEXT = 2;
const INSTANT = 3;
const kinds = { int64: INT64, int32: INT32, text: TEXT, date: INSTANT, datetime: INSTANT } as const;

/** True when the server's column is of the declared type, and can be read as the spec says. */
export function isOfType({ columnType, flags }: ColumnDefinition, { type }: RowColumnSpec): boolean {
  const isInteger = type === 'int64' || type === 'int32';
  return types[type].includes(columnType) && (!isInteger || (flags & UNSIGNED_FLAG) === 0);
}

/** Adds the rows of one result set to the columns. */
export class BinaryRowColumns {
  /** Rows decoded from this result set. */
  rows = 0;
  readonly #columns: RowColumns;
  readonly #kinds: Uint8Array;
  readonly #hasText: boolean;

  constructor(columns: RowColumns) {
    this.#columns = columns;
    this.#kinds = Uint8Array.from(columns.specs, ({ type }) => kinds[type]);
    this.#hasText = columns.specs.some(({ type }) => type === 'text');
  }

  /** Decodes the complete row packets of `bytes` from `start` on; returns where it stopped (see BinaryRows). */
  decode(bytes: Uint8Array, start: number): number {
    const columns = this.#columns;
    const kindOf = this.#kinds;
    const columnCount = kindOf.length;
    const bitmapBytes = (columnCount + 9) >> 3;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = bytes.length;
    // Texts will stand where the piece is copied to.
    const shift = columns.bytesUsed - start;
    let at = start;
    let row = columns.size;
    while (at + 5 <= end) {
      const next = at + 4 + (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16));
      if (next > end || bytes[at + 4] !== 0) break;
      if (row === columns.capacity) columns.reserveRows(row + 1);
      let p = at + 5;
      let nullBits = 0;
      for (let b = 0; b < bitmapBytes; b++) nullBits |= bytes[p + b] << (8 * b);
      nullBits >>>= 2;
      p += bitmapBytes;
      for (let c = 0; c < columnCount; c++) {
        const isNull = (nullBits & (1 << c)) !== 0;
        switch (kindOf[c]) {
          case INT64: {
            const words = columns.words[c];
            words[2 * row] = isNull ? 0 : view.getInt32(p, true);
            words[2 * row + 1] = isNull ? 0 : view.getInt32(p + 4, true);
            if (!isNull) p += 8;
            break;
          }
          case INT32:
            columns.int32[c][row] = isNull ? 0 : view.getInt32(p, true);
            if (!isNull) p += 4;
            break;
          case TEXT: {
            let length = 0;
            if (!isNull) {
              length = bytes[p++];
              if (length === 252) {
                length = bytes[p] | (bytes[p + 1] << 8);
                p += 2;
              } else if (length === 253) {
                length = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16);
                p += 3;
              }
            }
            columns.textAt[c][row] = p + shift;
            columns.textLength[c][row] = length;
            p += length;
            break;
          }
          case INSTANT: {
            if (isNull) {
              columns.instants[c][row] = Number.NaN;
              break;
            }
            const length = bytes[p];
            let packed = 0;
            // A zero date is sent as length 0, midnight as length 4, a whole second as length 7.
            if (length >= 4) {
              const [hour, minute, second] = length >= 7 ? [bytes[p + 5], bytes[p + 6], bytes[p + 7]] : [0, 0, 0];
              const millisecond = length >= 11 ? (view.getUint32(p + 8, true) / 1000) | 0 : 0;
              const year = view.getUint16(p + 1, true);
              packed = packInstant(year, bytes[p + 3], bytes[p + 4], hour, minute, second, millisecond);
            }
            columns.instants[c][row] = packed;
            p += 1 + length;
            break;
          }
        }
      }
      if (p !== next) throw new Error('a row packet is longer or shorter than its columns');
      columns.nulls[row] = nullBits;
      this.#checkNulls(row, nullBits);
      row++;
      at = next;
    }
    this.rows += row - columns.size;
    columns.size = row;
    if (this.#hasText && at > start) {
      columns.reserveBytes(at - start);
      columns.bytes.set(bytes.subarray(start, at), columns.bytesUsed);
      columns.bytesUsed += at - start;
    }
    return at;
  }

  #checkNulls(row: number, nullBits: number): void {
    const columns = this.#columns;
    if (nullBits === 0 || columns.unreadable !== undefined) return;
    const column = columns.specs.findIndex(({ nullable }, c) => (nullBits & (1 << c)) !== 0 && nullable !== true);
    if (column >= 0) columns.unreadable = { row, column, value: 'NULL' };
  }
}
