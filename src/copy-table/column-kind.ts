/** What a value of a copied column is, whatever the database: how it is read, compared and written. Pure. */
import type { SqlValue } from '../database/values.ts';

/**
 * `integer` exact, any size; `real` a double; `decimal` exact digits; `temporal` text of a date or time, whose zeros at the
 * end of the fraction mean nothing; `text` characters; `bytes`.
 */
export type ColumnKind = 'integer' | 'real' | 'decimal' | 'temporal' | 'text' | 'bytes';

/**
 * A value whole; null for NULL. Doubles are numbers, and integers where that is exact; bytes are the characters 0 to 255; all
 * else is text with all its digits. `comparableOf` makes one of what is one value.
 */
export type Canonical = string | number | null;

/** @throws TypeError for a value that a column of the kind cannot hold */
export function canonicalOf(value: unknown, kind: ColumnKind): Canonical {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      if (typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value))) {
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : String(BigInt(value));
      }
      break;
    case 'real': {
      const number = Number(value);
      if (typeof value !== 'object' && !Number.isNaN(number)) return number === 0 ? 0 : number;
      break;
    }
    case 'decimal': {
      const text = String(value);
      if (/^-?\d+(\.\d+)?$/.test(text)) return text;
      break;
    }
    case 'temporal':
      if (typeof value === 'string') return value;
      break;
    case 'text':
      if (typeof value === 'string') return value;
      break;
    case 'bytes':
      if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  }
  throw new TypeError(`${typeof value} ${JSON.stringify(String(value).slice(0, 40))} is no ${kind}`);
}

/** The same for the same value, in every database. */
export function comparableOf(canonical: Canonical, kind: ColumnKind): Canonical {
  if (typeof canonical !== 'string') return canonical;
  if (kind === 'decimal') return plainDecimal(canonical);
  return kind === 'temporal' && canonical.includes('.') ? withoutZeros(canonical) : canonical;
}

/** As every driver takes it: SQLite's would store an integer that is a number as a double. */
export function sqlValueOf(canonical: Canonical, kind: ColumnKind): SqlValue {
  if (canonical === null) return null;
  if (kind === 'integer') return BigInt(canonical);
  return kind === 'bytes' ? Buffer.from(String(canonical), 'latin1') : canonical;
}

/** As a server's driver takes it, which makes an object of the rarest values only. */
export function serverValueOf(canonical: Canonical, kind: ColumnKind): SqlValue {
  return typeof canonical === 'string' && (kind === 'integer' || kind === 'bytes')
    ? sqlValueOf(canonical, kind)
    : canonical;
}

/** `-001.500` to `-1.5`, `-0.0` to `0`. */
function plainDecimal(text: string): string {
  const isNegative = text.startsWith('-');
  const [whole, fraction = ''] = (isNegative ? text.slice(1) : text).split('.');
  let first = 0;
  while (first < whole.length - 1 && whole[first] === '0') first++;
  const digits = whole.slice(first) + (fraction === '' ? '' : withoutZeros(`.${fraction}`));
  return isNegative && digits !== '0' ? `-${digits}` : digits;
}

/** Of a text with a point: zeros at its end, and the point before nothing. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (text[end - 1] === '0') end--;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}
