/** Digest of a set of rows that does not depend on their order: sums of the two hashes of each row (row-hash.ts). Pure. */
import { type Canonical, type ColumnKind, comparableOf } from './column-kind.ts';
import type { RowHasher } from './row-hash.ts';

export interface RowsDigest {
  readonly rows: number;
  /** Sums modulo 2^48. */
  readonly first: number;
  readonly second: number;
}

export const noRows: RowsDigest = { rows: 0, first: 0, second: 0 };

const MODULUS = 2 ** 48;

/** A digest that rows are added to. */
export class DigestSum implements RowsDigest {
  rows: number;
  first: number;
  second: number;

  constructor({ rows, first, second }: RowsDigest = noRows) {
    this.rows = rows;
    this.first = first;
    this.second = second;
  }

  /** Adds the row that the hasher has hashed last. */
  add(row: Pick<RowHasher, 'first' | 'second'>): void {
    this.rows++;
    this.first = (this.first + row.first) % MODULUS;
    this.second = (this.second + row.second) % MODULUS;
  }
}

export function joinDigests(a: RowsDigest, b: RowsDigest): RowsDigest {
  return { rows: a.rows + b.rows, first: (a.first + b.first) % MODULUS, second: (a.second + b.second) % MODULUS };
}

export function isSameDigest(a: RowsDigest, b: RowsDigest): boolean {
  return a.rows === b.rows && a.first === b.first && a.second === b.second;
}

/** For people: rows and 24 hexadecimal digits. */
export function digestText({ rows, first, second }: RowsDigest): string {
  return `${rows} rows ${first.toString(16).padStart(12, '0')}${second.toString(16).padStart(12, '0')}`;
}

/** Values with their lengths, so that no two lists of values have one text; those of equal rows are equal. */
export function rowText(values: readonly Canonical[], kinds: readonly ColumnKind[]): string {
  let text = '';
  for (let at = 0; at < values.length; at++) {
    const value = comparableOf(values[at], kinds[at]);
    text += value === null ? '-;' : `${String(value).length}:${value};`;
  }
  return text;
}
