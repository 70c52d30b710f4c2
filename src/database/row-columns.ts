/**
 * Rows of any width held as columns that grow, texts included: what a reader of whole rows (read-rows.ts) fills again and
 * again without an object for a row or for a text. ColumnBatch is the narrower, faster one of the statistics' scan.
 */
import { daysInMonth } from './instant.ts';

/**
 * - `int64`, `int32`: exact integers.
 * - `text`: UTF-8 bytes that stay where they are in `bytes`, found by position and length.
 * - `date`, `datetime`: a date without a time, a UTC datetime(3); one double (`packInstant`) that orders and prints like
 *   its text, of which each has only one: on SQLite, which keeps any text, another one is unreadable.
 */
export type RowColumnType = 'int64' | 'int32' | 'text' | 'date' | 'datetime';

export interface RowColumnSpec {
  readonly name: string;
  readonly type: RowColumnType;
  /** Default false: a NULL is then unreadable. */
  readonly nullable?: boolean;
}

/** Where the first value stands that is not of its column's type; rows from it on are not in the columns. */
export interface UnreadableCell {
  readonly row: number;
  readonly column: number;
  /** As text, for messages. */
  readonly value: string;
}

const SPARE = 1.5;

export class RowColumns {
  readonly specs: readonly RowColumnSpec[];
  /** Rows. */
  size = 0;
  unreadable: UnreadableCell | undefined;
  /** By column; of the columns of another type an empty array. `words` is the same memory as `int64`. */
  readonly int64: BigInt64Array[];
  readonly words: Int32Array[];
  readonly int32: Int32Array[];
  /** Of dates and datetimes. */
  readonly instants: Float64Array[];
  readonly textAt: Int32Array[];
  readonly textLength: Int32Array[];
  /** Bit `c` of `nulls[row]` is set when column `c` is NULL; its value is then 0, NaN or empty. */
  nulls: Int32Array;
  /** The bytes that texts point into. */
  bytes: Uint8Array;
  bytesUsed = 0;
  readonly #isShared: boolean;
  #capacity = 0;

  /** @param isShared its arrays, but not its texts, can be read by other threads */
  constructor(specs: readonly RowColumnSpec[], isShared = false) {
    if (specs.length > 30) throw new RangeError('at most 30 columns: one bit each says NULL');
    this.specs = specs;
    this.#isShared = isShared;
    this.int64 = specs.map(() => new BigInt64Array(0));
    this.words = specs.map(() => new Int32Array(0));
    this.int32 = specs.map(() => new Int32Array(0));
    this.instants = specs.map(() => new Float64Array(0));
    this.textAt = specs.map(() => new Int32Array(0));
    this.textLength = specs.map(() => new Int32Array(0));
    this.nulls = new Int32Array(0);
    this.bytes = new Uint8Array(0);
    this.reserveRows(1024);
  }

  get capacity(): number {
    return this.#capacity;
  }

  clear(): void {
    this.size = 0;
    this.bytesUsed = 0;
    this.unreadable = undefined;
  }

  /** Makes room for that many rows in all. */
  reserveRows(rows: number): void {
    if (rows <= this.#capacity) return;
    const capacity = Math.max(rows, Math.ceil(this.#capacity * SPARE));
    this.#capacity = capacity;
    this.nulls = this.#grown(this.nulls, Int32Array, capacity);
    this.specs.forEach(({ type }, c) => {
      if (type === 'int64') {
        this.int64[c] = this.#grown(this.int64[c], BigInt64Array, capacity);
        this.words[c] = new Int32Array(this.int64[c].buffer);
      } else if (type === 'int32') this.int32[c] = this.#grown(this.int32[c], Int32Array, capacity);
      else if (type === 'date' || type === 'datetime')
        this.instants[c] = this.#grown(this.instants[c], Float64Array, capacity);
      else {
        this.textAt[c] = this.#grown(this.textAt[c], Int32Array, capacity);
        this.textLength[c] = this.#grown(this.textLength[c], Int32Array, capacity);
      }
    });
  }

  /** Makes room for that many more bytes of text. */
  reserveBytes(more: number): void {
    const needed = this.bytesUsed + more;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.ceil(Math.max(needed, 4096) * SPARE));
    bytes.set(this.bytes.subarray(0, this.bytesUsed));
    this.bytes = bytes;
  }

  #grown<A extends Int32Array | BigInt64Array | Float64Array>(
    old: A,
    Kind: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike): A },
    length: number,
  ): A {
    const size = length * Kind.BYTES_PER_ELEMENT;
    const grown = new Kind(this.#isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
    new Uint8Array(grown.buffer).set(new Uint8Array(old.buffer, old.byteOffset, old.byteLength));
    return grown;
  }
}

/** A time as one exact double: larger is later, and its digits can be taken out again. No part is checked. */
export function packInstant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): number {
  return ((year * 16 + month) * 32 + day) * 131_072_000 + ((hour * 64 + minute) * 64 + second) * 1000 + millisecond;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})$/;

/** Packs a real date `YYYY-MM-DD`; NaN for any other text. */
export function packDateText(text: string): number {
  const parts = DATE.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day] = [+parts[1], +parts[2], +parts[3]];
  return isDate(year, month, day) ? packInstant(year, month, day, 0, 0, 0, 0) : Number.NaN;
}

/** Packs a real time `YYYY-MM-DD HH:MM:SS.sss`; NaN for any other text. */
export function packDatetimeText(text: string): number {
  const parts = DATETIME.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = [+parts[1], +parts[2], +parts[3], +parts[4], +parts[5], +parts[6]];
  const isReal = isDate(year, month, day) && hour < 24 && minute < 60 && second < 60;
  return isReal ? packInstant(year, month, day, hour, minute, second, +parts[7]) : Number.NaN;
}

function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}
