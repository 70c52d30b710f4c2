/**
 * A chunk of rows held as columns: typed arrays that are filled again and again, so that reading tens of millions of
 * rows makes no object for a row. A scan (column-scan.ts) fills it; readers hand it on; nobody keeps it.
 */
import type { Integer } from './values.ts';

/**
 * - `int64`: a 64-bit integer, exact; two little-endian 32-bit words a value.
 * - `number`: an integer column of at most 53 bits, as a double.
 * - `instant`: a UTC datetime(3) as milliseconds since 1970, as a double; NULL is NaN.
 */
export type ColumnType = 'int64' | 'number' | 'instant';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /**
   * Of an integer column: a value that the type cannot hold (an unsigned one of 64 bits, a text in SQLite) becomes NULL, and
   * `misfit` tells what it was. Without it the scan ends with UNREADABLE_VALUE.
   */
  readonly keepsMisfits?: boolean;
  /**
   * Of an instant on SQLite: only the form `YYYY-MM-DD HH:MM:SS.sss` is taken, for a column whose texts are compared. Without
   * it every form that parseInstant knows.
   */
  readonly isCanonical?: boolean;
}

export interface Int64Column {
  readonly type: 'int64';
  /** Words `2 * row` (low) and `2 * row + 1` (high): arithmetic without BigInt allocation. */
  readonly words: Int32Array;
  /** The same memory as 64-bit integers, for the rare exact use. */
  readonly values: BigInt64Array;
}
export interface NumberColumn {
  readonly type: 'number' | 'instant';
  readonly values: Float64Array;
}
export type Column = Int64Column | NumberColumn;

/** A bit each in a byte of NULLs. */
const COLUMNS_MAX = 8;

/** Columns of equal capacity; rows 0 to `size - 1` are valid. At most 8 columns (one null bit each). */
export class ColumnBatch {
  readonly capacity: number;
  readonly specs: readonly ColumnSpec[];
  readonly columns: readonly Column[];
  /** Bit `c` of `nulls[row]` is set when column `c` is NULL there (its value is then 0, or NaN for an instant). */
  readonly nulls: Uint8Array;
  size = 0;
  /** Texts of the values that are kept aside, by place. */
  readonly #misfits = new Map<number, string>();

  constructor(specs: readonly ColumnSpec[], capacity: number) {
    if (specs.length > COLUMNS_MAX) throw new RangeError(`a column batch holds at most ${COLUMNS_MAX} columns`);
    this.specs = specs;
    this.capacity = capacity;
    this.nulls = new Uint8Array(capacity);
    this.columns = specs.map((spec): Column => {
      if (spec.type !== 'int64') return { type: spec.type, values: new Float64Array(capacity) };
      const words = new Int32Array(2 * capacity);
      return { type: 'int64', words, values: new BigInt64Array(words.buffer) };
    });
  }

  /** Forgets the rows. */
  clear(): void {
    this.size = 0;
    this.#misfits.clear();
  }

  /** Sets a value to NULL that its column cannot hold, and keeps its text. */
  keepMisfit(row: number, index: number, text: string): void {
    const column = this.columns[index];
    this.nulls[row] |= 1 << index;
    if (column.type === 'int64') column.values[row] = 0n;
    else column.values[row] = 0;
    this.#misfits.set(row * COLUMNS_MAX + index, text);
  }

  /** What the value was that `keepMisfit` put aside; undefined for every other. */
  misfit(row: number, index: number): string | undefined {
    return this.#misfits.get(row * COLUMNS_MAX + index);
  }

  /** The int64 column at `index`; throws when it is of another type. */
  int64(index: number): Int64Column {
    const column = this.columns[index];
    if (column?.type !== 'int64') throw new TypeError(`column ${index} is not int64`);
    return column;
  }

  /** The double column at `index`; throws when it is of another type. */
  doubles(index: number): Float64Array {
    const column = this.columns[index];
    if (column === undefined || column.type === 'int64') throw new TypeError(`column ${index} is not a number column`);
    return column.values;
  }
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
  return type === 'int64' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(Number(value));
}
