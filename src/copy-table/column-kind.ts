/** What a value of a copied column is, whatever the database: how it is read, compared and written. Pure. */
import type { ColumnBatch, ColumnSpec } from '../database/column-batch.ts';
import { digitsAt, sqlValueAt } from '../database/column-values.ts';
import type { SqlValue } from '../database/values.ts';
import type { ColumnKind, CopiedColumn } from './described-column.ts';

/**
 * A value whole; null for NULL. Doubles are numbers, and integers where that is exact; bytes are the characters 0 to 255; all
 * else is text with all its digits. `comparableOf` makes one of what is one value.
 */
export type Canonical = string | number | null;

export type Side = 'from' | 'to';

/** How a column is read on its side of the copy, so that the batch holds all of its values. */
export function readSpec(column: CopiedColumn, side: Side, isSqlite: boolean): ColumnSpec {
  const name = column[side];
  const type = side === 'from' ? column.sourceType : column.type;
  switch (column.kind) {
    case 'integer':
      return { name, type: 'int64', isUnsigned: !isSqlite && /\bunsigned\b/i.test(type) };
    case 'real':
      return { name, type: 'double' };
    case 'bytes':
      return { name, type: 'bytes' };
    case 'decimal':
      return { name, type: isSqlite ? 'text' : 'decimal' };
    case 'temporal':
      return isSqlite ? { name, type: 'text' } : temporalSpec(name, type);
    case 'text':
      // Of a server, whose JSON is text here.
      return { name, type: isSqlite ? 'text' : 'json' };
  }
}

function temporalSpec(name: string, type: string): ColumnSpec {
  const [, word = '', digits = '0'] = /^([a-z]+)(?:\((\d)\))?/i.exec(type) ?? [];
  const fraction = Number(digits);
  if (/^date$/i.test(word)) return { name, type: 'wire-date', fraction: 0 };
  return { name, type: /^time$/i.test(word) ? 'wire-time' : 'wire-datetime', fraction };
}

export function canonicalAt(batch: ColumnBatch, index: number, row: number): Canonical {
  if (batch.isNull(row, index)) return null;
  const column = batch.columns[index];
  if (column.type === 'int64') {
    const digits = digitsAt(batch, index, row);
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : digits;
  }
  if (column.type === 'bytes')
    return batch.bytes.toString('latin1', column.at[row], column.at[row] + column.length[row]);
  const value = sqlValueAt(batch, index, row);
  if (typeof value === 'number') return value === 0 ? 0 : value;
  return String(value);
}

/** The same for the same value, in every database. */
export function comparableOf(canonical: Canonical, kind: ColumnKind): Canonical {
  if (typeof canonical !== 'string') return canonical;
  if (kind === 'decimal') return plainDecimal(canonical);
  return kind === 'temporal' && canonical.includes('.') ? withoutZeros(canonical) : canonical;
}

/** As every driver takes it. */
export function sqlValueOf(canonical: Canonical, kind: ColumnKind): SqlValue {
  if (canonical === null) return null;
  if (kind === 'integer') return BigInt(canonical);
  return kind === 'bytes' ? Buffer.from(String(canonical), 'latin1') : canonical;
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
