/** Digest of a set of rows that does not depend on their order: sums of the two hashes of each row (row-hash.ts). Pure. */
import type { ColumnBatch } from '../database/column-batch.ts';
import { canonicalAt, comparableOf } from './column-kind.ts';
import type { ColumnKind } from './described-column.ts';
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

  /** Adds a row of those that the hasher has hashed last. */
  add({ first, second }: Pick<RowHasher, 'first' | 'second'>, row: number): void {
    this.rows++;
    this.first = (this.first + (first[row] >>> 0)) % MODULUS;
    this.second = (this.second + (second[row] >>> 0)) % MODULUS;
  }

  /** Adds all of a batch that was hashed last. */
  addAll({ first, second }: Pick<RowHasher, 'first' | 'second'>, size: number): void {
    // Of a million rows the sums are exact.
    let [firstSum, secondSum] = [0, 0];
    for (let row = 0; row < size; row++) {
      firstSum += first[row] >>> 0;
      secondSum += second[row] >>> 0;
    }
    this.rows += size;
    this.first = (this.first + firstSum) % MODULUS;
    this.second = (this.second + secondSum) % MODULUS;
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
export function rowText(batch: ColumnBatch, row: number, kinds: readonly ColumnKind[]): string {
  let text = '';
  for (let at = 0; at < kinds.length; at++) {
    const value = comparableOf(canonicalAt(batch, at, row), kinds[at]);
    text += value === null ? '-;' : `${String(value).length}:${value};`;
  }
  return text;
}
