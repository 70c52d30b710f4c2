/**
 * Digest of a set of rows that does not depend on their order: sums of two hashes of each row. One that differs in a byte
 * changes it for certain (CRC-32 sees every change of up to 32 bits in a row), any others by all but one chance in 2^64.
 * Nothing to hold against somebody who wants to deceive. Pure.
 */
import { crc32 } from 'node:zlib';
import { type Canonical, type ColumnKind, comparableOf } from './column-kind.ts';

export interface RowsDigest {
  readonly rows: number;
  /** Sums modulo 2^48. */
  readonly crc: number;
  readonly fnv: number;
}

export const noRows: RowsDigest = { rows: 0, crc: 0, fnv: 0 };

const MODULUS = 2 ** 48;
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Values with their lengths, so that no two lists of values have one text; those of equal rows are equal. */
export function rowText(values: readonly Canonical[], kinds: readonly ColumnKind[]): string {
  let text = '';
  for (let at = 0; at < values.length; at++) {
    const value = comparableOf(values[at], kinds[at]);
    text += value === null ? '-;' : `${value.length}:${value};`;
  }
  return text;
}

export function addRow(digest: RowsDigest, text: string): RowsDigest {
  let fnv = FNV_START;
  for (let at = 0; at < text.length; at++) fnv = Math.imul(fnv ^ text.charCodeAt(at), FNV_PRIME);
  return {
    rows: digest.rows + 1,
    crc: (digest.crc + crc32(text)) % MODULUS,
    fnv: (digest.fnv + (fnv >>> 0)) % MODULUS,
  };
}

export function joinDigests(a: RowsDigest, b: RowsDigest): RowsDigest {
  return { rows: a.rows + b.rows, crc: (a.crc + b.crc) % MODULUS, fnv: (a.fnv + b.fnv) % MODULUS };
}

export function isSameDigest(a: RowsDigest, b: RowsDigest): boolean {
  return a.rows === b.rows && a.crc === b.crc && a.fnv === b.fnv;
}

/** For people: rows and 24 hexadecimal digits. */
export function digestText({ rows, crc, fnv }: RowsDigest): string {
  return `${rows} rows ${crc.toString(16).padStart(12, '0')}${fnv.toString(16).padStart(12, '0')}`;
}
