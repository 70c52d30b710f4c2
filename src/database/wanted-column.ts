/** Columns of tables that other programs make: of what kind a column must be, and which declared types are of that kind. */
import type { DialectName } from './dialect.ts';

export type ColumnKind = 'integer' | 'time' | 'date' | 'text';
/** By name, in lower case. */
export type WantedColumns = Readonly<Record<string, ColumnKind>>;

/** Types by which a server declares each kind. */
const SERVER_TYPES: Readonly<Record<ColumnKind, RegExp>> = {
  integer: /^(tinyint|smallint|mediumint|int|bigint)\b/,
  time: /^(datetime|timestamp)\b/,
  date: /^date\b/,
  text: /^(var)?char\b|text\b|^enum\b/,
};
/** SQLite turns what goes into a column of these types into text. Its texts take every time and date. */
const SQLITE_TEXT = /char|clob|text/;

/** @param type as declared, in lower case (`ColumnFacts.type`) */
export function fitsKind(dialect: DialectName, kind: ColumnKind, type: string): boolean {
  if (dialect !== 'sqlite') return SERVER_TYPES[kind].test(type);
  return kind !== 'integer' || type.includes('int') || !SQLITE_TEXT.test(type);
}

export const kindNoun: Readonly<Record<ColumnKind, string>> = {
  integer: 'an integer',
  time: 'a DATETIME(3)',
  date: 'a DATE',
  text: 'a text',
};
export const kindExample: Readonly<Record<ColumnKind, string>> = {
  integer: 'BIGINT',
  time: 'DATETIME(3)',
  date: 'DATE',
  text: 'VARCHAR(10)',
};
