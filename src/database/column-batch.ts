/**
 * Rows held as columns: typed arrays that are filled again and again, so that reading tens of millions of rows makes no
 * object for a row. A scanner (scanner.ts) or a row reader (row-reader.ts) fills it; readers hand it on; nobody keeps it.
 */
import type { Integer } from './values.ts';

/**
 * - `int64`: a 64-bit integer, exact; two little-endian 32-bit words a value.
 * - `int32`: an integer of 32 bits.
 * - `number`: an integer column of at most 53 bits, as a double.
 * - `double`: a floating-point number.
 * - `instant`: a UTC datetime(3) as milliseconds since 1970, as a double; NULL, and what is no time, is NaN.
 * - `date`, `datetime`: a date, a UTC datetime(3), as the database holds it (packed-time.ts); NULL is NaN.
 * - `text`, `json`: UTF-8 bytes that stay in the batch, found by position and length.
 * - `decimal`: an exact decimal, as its text.
 * - `bytes`: as they are.
 * - `wire-date`, `wire-datetime`, `wire-time`: a DATE, a DATETIME or TIMESTAMP, a TIME of a server, with all its digits, as the bytes
 *   that the protocol has behind their length (wire-time.ts).
 * - `any`: plain JavaScript values: on SQLite whatever a row holds there, on servers times as their texts.
 */
export type ColumnType =
  | Int64Column['type']
  | Int32Column['type']
  | NumberColumn['type']
  | TextColumn['type']
  | AnyColumn['type'];

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** A NULL is unreadable. */
  readonly isRequired?: boolean;
  /**
   * Of an integer column: a value that the type cannot hold (an unsigned one of 64 bits, a text in SQLite) becomes NULL, and
   * `keptText` tells what it was. Without it the scan ends with UNREADABLE_VALUE.
   */
  readonly keepsText?: boolean;
  /**
   * Of an instant on SQLite: only the form `YYYY-MM-DD HH:MM:SS.sss` is taken, for a column whose texts are compared. Without
   * it every form that parseInstant knows.
   */
  readonly isCanonical?: boolean;
  /** Of an int64 on servers: its bits are those of an unsigned integer. */
  readonly isUnsigned?: boolean;
  /** Of times as the protocol has them: digits of the seconds' fraction as text. */
  readonly fraction?: number;
}

export interface Int64Column {
  readonly type: 'int64';
  /** Words `2 * row` (low) and `2 * row + 1` (high): arithmetic without BigInt allocation. */
  readonly words: Int32Array;
  /** The same memory as 64-bit integers, for the rare exact use. */
  readonly values: BigInt64Array;
}
export interface Int32Column {
  readonly type: 'int32';
  readonly values: Int32Array;
}
export interface NumberColumn {
  readonly type: 'number' | 'double' | 'instant' | 'date' | 'datetime';
  readonly values: Float64Array;
}
/** Position and length in the batch's `bytes`. */
export interface TextColumn {
  readonly type: 'text' | 'decimal' | 'json' | 'bytes' | WireTime;
  readonly at: Int32Array;
  readonly length: Int32Array;
}
export type WireTime = 'wire-date' | 'wire-datetime' | 'wire-time';
export interface AnyColumn {
  readonly type: 'any';
  readonly values: unknown[];
}
export type Column = Int64Column | Int32Column | NumberColumn | TextColumn | AnyColumn;

/** The first value that is not of its column's type, or a NULL where none may be. */
export interface UnreadableValue {
  readonly row: number;
  readonly column: number;
  /** As text, for messages. */
  readonly value: string;
}

export interface BatchOptions {
  /** Whether it makes room for more rows than its capacity. Its arrays are then others. */
  readonly grows?: boolean;
  /** Whether its arrays, but not its bytes, can be read by other threads. */
  readonly isShared?: boolean;
  /** When its texts have grown to this many bytes, the rows that are still coming are left out: see `isCut`. */
  readonly bytesMax?: number;
}

/** Bits in a word of NULLs. */
const WORD_BITS = 32;
const SPARE = 1.5;

/** Columns of equal capacity; rows 0 to `size - 1` are valid. */
export class ColumnBatch {
  readonly specs: readonly ColumnSpec[];
  readonly grows: boolean;
  readonly columns: Column[] = [];
  /** Bit `c` of `nulls[row]` is set when column `c`, of the first 32, is NULL there: its value is 0, NaN or empty. */
  nulls!: Int32Array;
  /** What texts and bytes point into. */
  bytes: Buffer = Buffer.alloc(0);
  bytesUsed = 0;
  size = 0;
  /** Earlier rows are valid. */
  unreadable: UnreadableValue | undefined;
  /** Rows of the answer were left out for `bytesMax`: a shorter answer is not the end. */
  isCut = false;
  readonly #bytesMax: number;
  readonly #isShared: boolean;
  /** By 32 columns; the first is `nulls`. */
  readonly #nullWords: Int32Array[] = [];
  #capacity = 0;
  /** Texts of the values that are kept aside, by place. */
  readonly #keptTexts = new Map<number, string>();

  constructor(specs: readonly ColumnSpec[], capacity: number, options: BatchOptions = {}) {
    const { grows = false, isShared = false, bytesMax = Number.POSITIVE_INFINITY } = options;
    this.specs = specs;
    this.#bytesMax = bytesMax;
    this.grows = grows;
    this.#isShared = isShared;
    this.#allocate(capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  get isBounded(): boolean {
    return this.#bytesMax < Number.POSITIVE_INFINITY;
  }

  /** Whether it takes no more rows: asked before each group of them. */
  refusesMore(): boolean {
    if (this.bytesUsed < this.#bytesMax) return false;
    this.isCut = true;
    return true;
  }

  /** Forgets the rows. */
  clear(): void {
    this.size = 0;
    this.isCut = false;
    this.bytesUsed = 0;
    this.unreadable = undefined;
    this.#keptTexts.clear();
  }

  /** The NULLs of the 32 columns among which column `index` is; its bit is `1 << (index & 31)`. */
  nullsOf(index: number): Int32Array {
    return this.#nullWords[index >> 5];
  }

  isNull(row: number, index: number): boolean {
    return (this.nullsOf(index)[row] & (1 << (index & 31))) !== 0;
  }

  /** Makes room for that many rows in all. */
  reserveRows(rows: number): void {
    if (rows <= this.#capacity) return;
    if (!this.grows) throw new RangeError(`the server sent more than the ${this.#capacity} rows asked for`);
    this.#allocate(Math.max(rows, Math.ceil(this.#capacity * SPARE)));
  }

  /** Makes room for that many more bytes of texts. */
  reserveBytes(more: number): void {
    const needed = this.bytesUsed + more;
    if (needed <= this.bytes.length) return;
    const bytes = Buffer.from(new ArrayBuffer(Math.ceil(Math.max(needed, 4096) * SPARE)));
    bytes.set(this.bytes.subarray(0, this.bytesUsed));
    this.bytes = bytes;
  }

  /** Keeps the value that comes first: in its row, then in its column. */
  noteUnreadable(row: number, column: number, value: string): void {
    const known = this.unreadable;
    if (known === undefined || row < known.row || (row === known.row && column < known.column))
      this.unreadable = { row, column, value };
  }

  /** Leaves out the row of the unreadable value, and those after it. */
  cutUnreadable(): void {
    if (this.unreadable !== undefined) this.size = this.unreadable.row;
  }

  /** Copies the bytes of packets from `start` to `end`, into which values will point. */
  putPacket(bytes: Uint8Array, start: number, end: number): void {
    this.reserveBytes(end - start);
    this.bytes.set(bytes.subarray(start, end), this.bytesUsed);
    this.bytesUsed += end - start;
  }

  putNull(row: number, index: number): void {
    const column = this.columns[index];
    this.nullsOf(index)[row] |= 1 << (index & 31);
    if (column.type === 'int64') column.values[row] = 0n;
    else if (column.type === 'any') column.values[row] = null;
    else if ('length' in column) column.length[row] = 0;
    else if (column.type === 'int32' || column.type === 'number' || column.type === 'double') column.values[row] = 0;
    else column.values[row] = Number.NaN;
  }

  putText(row: number, { at, length }: TextColumn, text: string): void {
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    this.reserveBytes(text.length * 3);
    at[row] = this.bytesUsed;
    length[row] = this.bytes.write(text, this.bytesUsed);
    this.bytesUsed += length[row];
  }

  putBytes(row: number, { at, length }: TextColumn, value: Uint8Array): void {
    this.reserveBytes(value.length);
    this.bytes.set(value, this.bytesUsed);
    at[row] = this.bytesUsed;
    length[row] = value.length;
    this.bytesUsed += value.length;
  }

  /** Sets a value to NULL that its column cannot hold, and keeps its text. */
  keepText(row: number, index: number, text: string): void {
    this.putNull(row, index);
    this.#keptTexts.set(row * this.specs.length + index, text);
  }

  /** What the value was that `keepText` put aside; undefined for every other. */
  keptText(row: number, index: number): string | undefined {
    return this.#keptTexts.get(row * this.specs.length + index);
  }

  /** The int64 column at `index`; throws when it is of another type. */
  int64(index: number): Int64Column {
    const column = this.columns[index];
    if (column?.type !== 'int64') throw new TypeError(`column ${index} is not int64`);
    return column;
  }

  /** The int32 column at `index`; throws when it is of another type. */
  int32(index: number): Int32Array {
    const column = this.columns[index];
    if (column?.type !== 'int32') throw new TypeError(`column ${index} is not int32`);
    return column.values;
  }

  /** The double column at `index`; throws when it is of another type. */
  doubles(index: number): Float64Array {
    const column = this.columns[index];
    if (!(column !== undefined && 'values' in column && column.values instanceof Float64Array))
      throw new TypeError(`column ${index} is not a number column`);
    return column.values;
  }

  /** The column of texts or bytes at `index`; throws when it is of another type. */
  texts(index: number): TextColumn {
    const column = this.columns[index];
    if (!(column !== undefined && 'length' in column)) throw new TypeError(`column ${index} is not a text column`);
    return column;
  }

  /** The text of a row, of a text column; empty where it is NULL. */
  textAt(index: number, row: number): string {
    const { at, length } = this.texts(index);
    return this.bytes.toString('utf8', at[row], at[row] + length[row]);
  }

  #allocate(capacity: number): void {
    const old = [...this.columns];
    for (let w = 0; w * WORD_BITS < Math.max(this.specs.length, 1); w++)
      this.#nullWords[w] = this.#grown(this.#nullWords[w], Int32Array, capacity);
    this.nulls = this.#nullWords[0];
    this.specs.forEach(({ type }, c) => {
      this.columns[c] = this.#grownColumn(type, old[c], capacity);
    });
    this.#capacity = capacity;
  }

  #grownColumn(type: ColumnType, old: Column | undefined, capacity: number): Column {
    if (type === 'any') return { type, values: old?.type === type ? old.values : [] };
    if (type === 'int64') {
      const values = this.#grown(old?.type === type ? old.values : undefined, BigInt64Array, capacity);
      return { type, values, words: new Int32Array(values.buffer) };
    }
    if (type === 'int32')
      return { type, values: this.#grown(old?.type === type ? old.values : undefined, Int32Array, capacity) };
    if (isTextType(type)) {
      const texts = old?.type === type ? old : undefined;
      return {
        type,
        at: this.#grown(texts?.at, Int32Array, capacity),
        length: this.#grown(texts?.length, Int32Array, capacity),
      };
    }
    return { type, values: this.#grown(old?.type === type ? old.values : undefined, Float64Array, capacity) };
  }

  #grown<A extends Int32Array | BigInt64Array | Float64Array>(
    old: A | undefined,
    Kind: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike): A },
    length: number,
  ): A {
    const size = length * Kind.BYTES_PER_ELEMENT;
    const grown = new Kind(this.#isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
    if (old !== undefined) new Uint8Array(grown.buffer).set(new Uint8Array(old.buffer, old.byteOffset, old.byteLength));
    return grown;
  }
}

function isTextType(type: ColumnType): type is TextColumn['type'] {
  return type === 'text' || type === 'decimal' || type === 'json' || type === 'bytes' || type.startsWith('wire-');
}

const TWO_32 = 4_294_967_296;
/** High words of the integers from -2^53 to 2^53 - 1, each of which a double holds exactly. */
const HIGH_MIN = -0x20_0000;
const HIGH_MAX = 0x1f_ffff;

/** The value of a row as a number where that is exact, so that the usual one needs no BigInt. */
export function integerAt({ words, values }: Int64Column, row: number): Integer {
  const high = words[2 * row + 1];
  if (high < HIGH_MIN || high > HIGH_MAX) return values[row];
  return high * TWO_32 + (words[2 * row] >>> 0);
}

/** Whether a column of this type holds the integer exactly. */
export function fitsColumn(value: bigint, type: ColumnType): boolean {
  if (type === 'int64') return BigInt.asIntN(64, value) === value;
  return type === 'int32' ? BigInt.asIntN(32, value) === value : Number.isSafeInteger(Number(value));
}
