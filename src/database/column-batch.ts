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

/** Columns of equal capacity; rows 0 to `size - 1` are valid. At most 8 columns (one null bit each). */
export class ColumnBatch {
  readonly capacity: number;
  readonly specs: readonly ColumnSpec[];
  readonly columns: readonly Column[];
  /** Bit `c` of `nulls[row]` is set when column `c` is NULL there (its value is then 0, or NaN for an instant). */
  readonly nulls: Uint8Array;
  size = 0;

  constructor(specs: readonly ColumnSpec[], capacity: number) {
    if (specs.length > 8) throw new RangeError('a column batch holds at most 8 columns');
    this.specs = specs;
    this.capacity = capacity;
    this.nulls = new Uint8Array(capacity);
    this.columns = specs.map((spec): Column => {
      if (spec.type !== 'int64') return { type: spec.type, values: new Float64Array(capacity) };
      const words = new Int32Array(2 * capacity);
      return { type: 'int64', words, values: new BigInt64Array(words.buffer) };
    });
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
