/**
 * Rows of MySQL's binary protocol, decoded from the bytes of the socket straight into a ColumnBatch. Knows packets and
 * rows; knows nothing of connections (mysql2-seam.ts).
 *
 * A packet is 3 bytes of length (little-endian), 1 of sequence, then the payload. A row's payload is a zero byte, a
 * bitmap of NULLs that begins at its third bit, and the values that are not NULL, one after the other.
 */
import type { ColumnBatch, ColumnSpec } from './column-batch.ts';
import { dayStartMs } from './instant.ts';
import { columnTypeError, UnreadableValue } from './unreadable.ts';

/** What is used of the definition of a column that comes before the rows. */
export interface ColumnDefinition {
  readonly name: string;
  readonly columnType: number;
  readonly flags: number;
}

/** Protocol numbers of the column types that a batch can take. */
const TINY = 1;
const SHORT = 2;
const LONG = 3;
const TIMESTAMP = 7;
const LONGLONG = 8;
const INT24 = 9;
const DATE = 10;
const DATETIME = 12;
const YEAR = 13;
const UNSIGNED_FLAG = 32;

/** One way of reading a value; a small integer, so that the loop over the columns is one jump table. */
const INT64_FROM_64 = 0;
const INT64_FROM_UNSIGNED_64 = 1;
const INT64_FROM_32 = 2;
const INT64_FROM_SMALL = 3;
const NUMBER_FROM_32 = 4;
const NUMBER_FROM_UNSIGNED_32 = 5;
const NUMBER_FROM_64 = 6;
const NUMBER_FROM_UNSIGNED_64 = 7;
const NUMBER_FROM_SMALL = 8;
const INSTANT = 9;
const INT64_FROM_UNSIGNED_32 = 10;

const TWO_32 = 4_294_967_296;

/** How to read `definition` as `spec`; throws a SettleError when a column of that type cannot be read so. */
export function readerOf(definition: ColumnDefinition, spec: ColumnSpec): number {
  const { columnType: type } = definition;
  const unsigned = (definition.flags & UNSIGNED_FLAG) !== 0;
  if (spec.type === 'instant') {
    if (type === DATETIME || type === TIMESTAMP || type === DATE) return INSTANT;
  } else if (spec.type === 'int64') {
    if (type === LONGLONG) return unsigned ? INT64_FROM_UNSIGNED_64 : INT64_FROM_64;
    if (type === LONG || type === INT24) return unsigned ? INT64_FROM_UNSIGNED_32 : INT64_FROM_32;
    if (type === TINY || type === SHORT || type === YEAR) return INT64_FROM_SMALL;
  } else {
    if (type === LONG || type === INT24) return unsigned ? NUMBER_FROM_UNSIGNED_32 : NUMBER_FROM_32;
    if (type === LONGLONG) return unsigned ? NUMBER_FROM_UNSIGNED_64 : NUMBER_FROM_64;
    if (type === TINY || type === SHORT || type === YEAR) return NUMBER_FROM_SMALL;
  }
  throw columnTypeError(spec);
}

/** Fills one batch from one result set, then it is spent. */
export class BinaryRows {
  /** Rows decoded so far. */
  rows = 0;
  /** The first value that could not be read; the rows after it are counted, not decoded. */
  unreadable: UnreadableValue | undefined;
  readonly #batch: ColumnBatch;
  readonly #readers: Uint8Array;
  /** Bytes of an integer narrower than 32 bits, negative when it has a sign; for the other readers 0. */
  readonly #smallWidths: Int8Array;
  readonly #nullBitmapBytes: number;
  /** `words` of int64 columns; of the others an empty array, so that both lists have one shape. */
  readonly #words: Int32Array[];
  readonly #doubles: Float64Array[];
  /** The last date met, as its 4 bytes: rows come mostly in order of time. */
  #dateKey = 0;
  #dateMs = Number.NaN;

  constructor(definitions: readonly ColumnDefinition[], batch: ColumnBatch) {
    if (definitions.length !== batch.specs.length) throw new TypeError('the result has other columns than the batch');
    this.#batch = batch;
    this.#readers = Uint8Array.from(definitions, (definition, i) => readerOf(definition, batch.specs[i]));
    this.#smallWidths = Int8Array.from(definitions, ({ columnType, flags }) => {
      const bytes = columnType === TINY ? 1 : columnType === SHORT || columnType === YEAR ? 2 : 0;
      return (flags & UNSIGNED_FLAG) !== 0 || columnType === YEAR ? bytes : -bytes;
    });
    this.#nullBitmapBytes = (definitions.length + 9) >> 3;
    this.#words = batch.columns.map((column) => (column.type === 'int64' ? column.words : new Int32Array(0)));
    this.#doubles = batch.columns.map((column) => (column.type === 'int64' ? new Float64Array(0) : column.values));
  }

  /**
   * Decodes the complete row packets of `bytes` from position `at` on. Returns where it stopped: at the end, at an
   * incomplete packet, or at a packet that is no row (end of rows, error).
   */
  decode(bytes: Uint8Array, at: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = bytes.length;
    const batch = this.#batch;
    const { nulls, capacity } = batch;
    const readers = this.#readers;
    const columnCount = readers.length;
    const bitmapBytes = this.#nullBitmapBytes;
    const allWords = this.#words;
    const allDoubles = this.#doubles;
    let row = this.rows;
    let dateKey = this.#dateKey;
    let dateMs = this.#dateMs;

    while (at + 5 <= end) {
      const next = at + 4 + (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16));
      if (next > end || bytes[at + 4] !== 0) break;
      if (this.unreadable !== undefined) {
        row++;
        at = next;
        continue;
      }
      if (row >= capacity) throw new RangeError(`the server sent more than the ${capacity} rows asked for`);

      let p = at + 5;
      // Bits 0 and 1 of the bitmap are reserved: shifted by them, it is the batch's own byte of NULLs.
      let nullBits = (bitmapBytes === 1 ? bytes[p] : bytes[p] | (bytes[p + 1] << 8)) >> 2;
      p += bitmapBytes;
      for (let c = 0; c < columnCount; c++) {
        if ((nullBits & (1 << c)) !== 0) {
          this.#storeNull(row, c);
          continue;
        }
        switch (readers[c]) {
          case INT64_FROM_64: {
            const words = allWords[c];
            words[2 * row] = view.getInt32(p, true);
            words[2 * row + 1] = view.getInt32(p + 4, true);
            p += 8;
            break;
          }
          case NUMBER_FROM_32:
            allDoubles[c][row] = view.getInt32(p, true);
            p += 4;
            break;
          case INSTANT: {
            const length = bytes[p];
            // A zero date ("0000-00-00") is sent as length 0. It is no time at all, which is what NULL means.
            let ms = Number.NaN;
            if (length >= 4) {
              const key = view.getInt32(p + 1, true);
              if (key !== dateKey) {
                dateKey = key;
                dateMs = dayStartMs(key & 0xffff, (key >> 16) & 0xff, (key >> 24) & 0xff);
              }
              ms = dateMs;
              if (length >= 7) {
                ms += bytes[p + 5] * 3_600_000 + bytes[p + 6] * 60_000 + bytes[p + 7] * 1000;
                if (length >= 11) ms += (view.getUint32(p + 8, true) / 1000) | 0;
              }
            }
            if (Number.isNaN(ms)) nullBits |= 1 << c;
            allDoubles[c][row] = ms;
            p += 1 + length;
            break;
          }
          case INT64_FROM_UNSIGNED_64: {
            const high = view.getInt32(p + 4, true);
            if (high < 0) this.#refuse(row, c, view.getBigUint64(p, true));
            allWords[c][2 * row] = view.getInt32(p, true);
            allWords[c][2 * row + 1] = high;
            p += 8;
            break;
          }
          case INT64_FROM_32: {
            const value = view.getInt32(p, true);
            allWords[c][2 * row] = value;
            allWords[c][2 * row + 1] = value >> 31;
            p += 4;
            break;
          }
          case INT64_FROM_UNSIGNED_32:
            allWords[c][2 * row] = view.getInt32(p, true);
            allWords[c][2 * row + 1] = 0;
            p += 4;
            break;
          case NUMBER_FROM_UNSIGNED_32:
            allDoubles[c][row] = view.getUint32(p, true);
            p += 4;
            break;
          case NUMBER_FROM_64: {
            const value = view.getInt32(p + 4, true) * TWO_32 + view.getUint32(p, true);
            if (!Number.isSafeInteger(value)) this.#refuse(row, c, view.getBigInt64(p, true));
            allDoubles[c][row] = value;
            p += 8;
            break;
          }
          case NUMBER_FROM_UNSIGNED_64: {
            const value = view.getUint32(p + 4, true) * TWO_32 + view.getUint32(p, true);
            if (!Number.isSafeInteger(value)) this.#refuse(row, c, view.getBigUint64(p, true));
            allDoubles[c][row] = value;
            p += 8;
            break;
          }
          case NUMBER_FROM_SMALL:
            allDoubles[c][row] = this.#small(view, p, c);
            p += Math.abs(this.#smallWidths[c]);
            break;
          case INT64_FROM_SMALL: {
            const value = this.#small(view, p, c);
            allWords[c][2 * row] = value;
            allWords[c][2 * row + 1] = value >> 31;
            p += Math.abs(this.#smallWidths[c]);
            break;
          }
        }
      }
      if (p !== next) throw new Error('a row packet is longer or shorter than its columns');
      nulls[row] = nullBits;
      row++;
      at = next;
    }
    this.rows = row;
    this.#dateKey = dateKey;
    this.#dateMs = dateMs;
    return at;
  }

  #storeNull(row: number, column: number): void {
    const target = this.#batch.columns[column];
    if (target.type === 'int64') target.values[row] = 0n;
    else target.values[row] = target.type === 'instant' ? Number.NaN : 0;
  }

  #small(view: DataView, at: number, column: number): number {
    const width = this.#smallWidths[column];
    if (width === 1) return view.getUint8(at);
    if (width === -1) return view.getInt8(at);
    return width === 2 ? view.getUint16(at, true) : view.getInt16(at, true);
  }

  #refuse(row: number, column: number, value: bigint): void {
    this.unreadable ??= new UnreadableValue(row, column, value.toString());
  }
}
