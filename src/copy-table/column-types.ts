/**
 * Which column of one database takes the values of another's, and what would be lost: refused in one clause. Types decide
 * where they can; where a wider type holds values that fit all the same, the values do. Pure.
 */
import type { DialectName } from '../database/dialect.ts';
import type { ColumnKind, CopiedColumn, DescribedColumn, Measured } from './described-column.ts';

/** A clause that says what would be lost, and of which value. */
export interface Refusal {
  readonly problem: string;
}

/** What the types say of a column. */
export type FoundColumn = Omit<CopiedColumn, 'from' | 'to' | 'sourceType'>;

interface Shape {
  readonly kind: ColumnKind;
  /** Inclusive range of an integer. */
  readonly range?: readonly [bigint, bigint];
  /** Characters, or bytes, that fit; undefined: as many as there are. */
  readonly chars?: number;
  readonly bytes?: number;
  readonly fraction?: number;
  readonly hasDate?: boolean;
  readonly digits?: readonly [number, number];
}

const BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  integer: 32n,
  bigint: 64n,
};
const TEXT_BYTES: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 };
const BLOB_BYTES: Readonly<Record<string, number>> = { tinyblob: 255, blob: 65_535, mediumblob: 16_777_215 };
const INT64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];
/** Characters of a key in an index of InnoDB with four bytes each. */
const KEY_CHARS_MAX = 768;
const EXACT_DOUBLE = 2n ** 53n;

/** Undefined for types whose values have no form that every database shares: BIT, GEOMETRY, UUID, INET6, VECTOR. */
export function serverShape(type: string): Shape | undefined {
  const [, name = '', size, scale] = /^([a-z]+)(?:\((\d+)(?:,(\d+))?\))?/i.exec(type) ?? [];
  const word = name.toLowerCase();
  const isUnsigned = /\bunsigned\b/i.test(type);
  const bits = BITS[word];
  if (bits !== undefined) {
    return {
      kind: 'integer',
      range: isUnsigned ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n],
    };
  }
  switch (word) {
    case 'year':
      // Two digits would become four.
      return { kind: 'integer', range: [1901n, 2155n] };
    case 'decimal':
      return { kind: 'decimal', digits: [Number(size ?? 10) - Number(scale ?? 0), Number(scale ?? 0)] };
    case 'float':
    case 'double':
      return { kind: 'real' };
    case 'date':
      return { kind: 'temporal', fraction: 0, hasDate: true };
    case 'datetime':
    case 'timestamp':
      return { kind: 'temporal', fraction: Number(size ?? 0), hasDate: true };
    case 'time':
      return { kind: 'temporal', fraction: Number(size ?? 0) };
    case 'char':
    case 'varchar':
      return { kind: 'text', chars: Number(size ?? 1) };
    case 'enum':
    case 'set':
    case 'json':
    case 'longtext':
      return { kind: 'text' };
    case 'binary':
    case 'varbinary':
      return { kind: 'bytes', bytes: Number(size ?? 1) };
    case 'longblob':
      return { kind: 'bytes' };
  }
  if (TEXT_BYTES[word] !== undefined) return { kind: 'text', bytes: TEXT_BYTES[word] };
  if (BLOB_BYTES[word] !== undefined) return { kind: 'bytes', bytes: BLOB_BYTES[word] };
  return undefined;
}

/** By what is stored, or, in a column without values, by the affinity of its declaration. */
export function sqliteKind({ type }: DescribedColumn, { classes, min, max }: Measured): ColumnKind | Refusal {
  const stored = Object.entries(classes).filter(([, count]) => count > 0);
  const names = stored
    .map(([name]) => name)
    .sort()
    .join('+');
  if (names === 'integer') return 'integer';
  if (names === 'real') return 'real';
  if (names === 'text') return 'text';
  if (names === 'blob') return 'bytes';
  if (names === 'integer+real') {
    const isExact = [min, max].every(
      (one) => one === undefined || (BigInt(one) <= EXACT_DOUBLE && BigInt(one) >= -EXACT_DOUBLE),
    );
    return isExact ? 'real' : { problem: 'holds fractions beside integers beyond 2^53, which no double holds exactly' };
  }
  if (names !== '') {
    return {
      problem: `holds values of several kinds (${stored.map(([name, count]) => `${count} ${name}`).join(', ')}), which one column of a server does not`,
    };
  }
  if (/int/i.test(type)) return 'integer';
  if (/char|clob|text/i.test(type)) return 'text';
  if (/blob/i.test(type) || type === '') return 'bytes';
  return /real|floa|doub/i.test(type) ? 'real' : 'text';
}

/** The source's column where the target's table is to be made. */
export function newColumn(
  column: DescribedColumn,
  measured: Measured,
  { from, to, isKey }: { readonly from: DialectName; readonly to: DialectName; readonly isKey: boolean },
): FoundColumn | Refusal {
  const { isNullable, type } = column;
  const refusal = unfitData(measured, column);
  if (refusal !== undefined) return refusal;
  if (from === 'sqlite') {
    const kind = sqliteKind(column, measured);
    if (typeof kind !== 'string') return kind;
    if (to === 'sqlite') return { kind, type, isNullable };
    const declared = Number(/^(?:n?varchar|character varying)\((\d+)\)/i.exec(type)?.[1] ?? 0);
    const chars = Math.max(1, measured.chars, declared);
    if (isKey && kind === 'text' && measured.chars > KEY_CHARS_MAX) return tooLongKey(measured);
    if (isKey && kind === 'bytes' && measured.bytes > KEY_CHARS_MAX * 4) return tooLongKey(measured);
    if (isKey && kind === 'real') return { problem: 'is a key of fractions, which cannot be read in order of it' };
    const keyType =
      kind === 'text' ? `VARCHAR(${Math.min(chars, KEY_CHARS_MAX)})` : `VARBINARY(${Math.max(1, measured.bytes)})`;
    const isShort = kind === 'text' && declared > 0 && measured.chars <= declared && declared <= 16_383;
    const types: Readonly<Record<ColumnKind, string>> = {
      integer: 'BIGINT',
      real: 'DOUBLE',
      decimal: 'LONGTEXT',
      temporal: 'LONGTEXT',
      text: isKey ? keyType : isShort ? `VARCHAR(${declared})` : 'LONGTEXT',
      bytes: isKey ? keyType : 'LONGBLOB',
    };
    return { kind, type: types[kind], isNullable };
  }
  const shape = serverShape(type);
  if (shape === undefined) return { problem: `is of the type ${type}, which has no form that every database shares` };
  if (isKey && shape.kind === 'real') return { problem: 'is a key of fractions, which cannot be read in order of it' };
  if (to === 'sqlite') {
    if (shape.kind === 'integer') {
      const beyond = beyondRange(measured, INT64);
      return beyond ?? { kind: 'integer', type: 'BIGINT', isNullable };
    }
    const types: Readonly<Record<Exclude<ColumnKind, 'integer'>, string>> = {
      real: 'REAL',
      decimal: 'TEXT',
      temporal: 'TEXT',
      text: 'TEXT',
      bytes: 'BLOB',
    };
    return { kind: shape.kind, type: types[shape.kind], isNullable };
  }
  // What MySQL keeps of JSON is its own text, which MariaDB, whose JSON is text, takes as it is.
  const isJson = /^json\b/i.test(type);
  return { kind: shape.kind, type: isJson && from !== to ? 'LONGTEXT' : type, isNullable, digits: shape.digits };
}

/** The source's column where the target's is there already. */
export function fittingColumn(
  column: DescribedColumn,
  measured: Measured,
  target: DescribedColumn,
  { from, to }: { readonly from: DialectName; readonly to: DialectName },
): FoundColumn | Refusal {
  const refusal = unfitData(measured, column);
  if (refusal !== undefined) return refusal;
  const source: Shape | Refusal | undefined =
    from === 'sqlite' ? sqliteShape(column, measured) : serverShape(column.type);
  if (source === undefined)
    return { problem: `is of the type ${column.type}, which has no form that every database shares` };
  if ('problem' in source) return source;
  const { isNullable } = target;
  if (to === 'sqlite') {
    const affinity = sqliteKind({ ...target, type: target.type }, emptyMeasure);
    if (from === 'sqlite' && target.type.toLowerCase() === column.type.toLowerCase())
      return { kind: source.kind, type: target.type, isNullable };
    if (source.kind === 'integer') {
      const range = affinity === 'real' ? ([-EXACT_DOUBLE, EXACT_DOUBLE] as const) : INT64;
      return beyondRange(measured, range) ?? { kind: 'integer', type: target.type, isNullable };
    }
    const isFree = affinity === 'text' && !/^(num|dec|date|bool)/i.test(target.type);
    if (source.kind === 'real' && affinity !== 'bytes') return { kind: 'real', type: target.type, isNullable };
    if (source.kind === 'bytes' || isFree) return { kind: source.kind, type: target.type, isNullable };
    return {
      problem: `does not go into ${target.name}, declared as ${target.type || 'nothing'}, which would turn texts into numbers`,
    };
  }
  const shape = serverShape(target.type);
  const doesNotGo = { problem: `(${column.type || 'no type'}) does not go into ${target.name} (${target.type})` };
  if (shape === undefined) return doesNotGo;
  const fits = { kind: shape.kind, type: target.type, isNullable, digits: shape.digits };
  if (from !== 'sqlite' && target.type === column.type && (shape.kind !== 'text' || target.charset === column.charset))
    return fits;
  switch (shape.kind) {
    case 'integer':
      return source.kind === 'integer' ? (beyondRange(measured, shape.range ?? INT64) ?? fits) : doesNotGo;
    case 'real':
      return source.kind === 'real' && /^double/i.test(target.type) ? fits : doesNotGo;
    case 'decimal': {
      const [whole, fraction] = source.digits ?? [Number.POSITIVE_INFINITY, 0];
      const [wholeMax, fractionMax] = shape.digits ?? [0, 0];
      // Texts of SQLite are looked at one by one.
      if (from === 'sqlite' && source.kind === 'text') return fits;
      return source.kind === 'decimal' && whole <= wholeMax && fraction <= fractionMax ? fits : doesNotGo;
    }
    case 'temporal': {
      if (from === 'sqlite' && source.kind === 'text') return { ...fits, fraction: shape.fraction };
      const isSame = source.kind === 'temporal' && source.hasDate === shape.hasDate;
      const isNarrower =
        (source.fraction ?? 0) > (shape.fraction ?? 0) ||
        /^(date|timestamp)\b/i.test(target.type) !== /^(date|timestamp)\b/i.test(column.type);
      return isSame && !isNarrower ? { ...fits, fraction: shape.fraction } : doesNotGo;
    }
    case 'text':
      if (source.kind !== 'text') return doesNotGo;
      // CHAR drops blanks at the end.
      if (/^(enum|set|json|char)\b/i.test(target.type) && (target.type !== column.type || from === 'sqlite'))
        return doesNotGo;
      if (target.charset !== 'utf8mb4' && target.charset !== column.charset) {
        return { problem: `holds characters that ${target.name}, of the character set ${target.charset}, may lack` };
      }
      return tooLong(measured, shape, target) ?? fits;
    case 'bytes':
      // BINARY fills up with zeros.
      if (/^binary\b/i.test(target.type)) return doesNotGo;
      return source.kind === 'bytes' ? (tooLong(measured, shape, target) ?? fits) : doesNotGo;
  }
}

/**
 * Whether the values decide if a column fits, so that they have to be looked at. Without, `Measured` tells of dates that
 * are none, and the rules above take it as a column without values.
 * @param target the target's column; undefined where the table is to be made
 */
export function mustMeasure(
  column: DescribedColumn,
  target: DescribedColumn | undefined,
  { from, to }: { readonly from: DialectName; readonly to: DialectName },
): boolean {
  if (from === 'sqlite') return true;
  if (to === 'sqlite') return serverShape(column.type)?.kind === 'integer';
  if (target === undefined) return false;
  return target.type !== column.type || target.charset !== column.charset;
}

export const emptyMeasure: Measured = { chars: 0, bytes: 0, zeroDates: 0, classes: {} };

function sqliteShape(column: DescribedColumn, measured: Measured): Shape | Refusal {
  const kind = sqliteKind(column, measured);
  return typeof kind === 'string' ? { kind } : kind;
}

function unfitData({ zeroDates }: Measured, { name }: DescribedColumn): Refusal | undefined {
  if (zeroDates === 0) return undefined;
  return {
    problem: `holds ${zeroDates} dates without a day or a month (0000-00-00), which no other database takes; leave them out by --where "${name} > '1000-01-01'"`,
  };
}

function beyondRange({ min, max }: Measured, [least, most]: readonly [bigint, bigint]): Refusal | undefined {
  for (const value of [min, max]) {
    if (value === undefined || (BigInt(value) >= least && BigInt(value) <= most)) continue;
    return { problem: `holds ${value}, and the target takes ${least} to ${most}` };
  }
  return undefined;
}

function tooLong({ chars, bytes }: Measured, shape: Shape, target: DescribedColumn): Refusal | undefined {
  const size =
    chars > (shape.chars ?? Number.POSITIVE_INFINITY)
      ? `${chars} characters`
      : bytes > (shape.bytes ?? Number.POSITIVE_INFINITY)
        ? `${bytes} bytes`
        : undefined;
  return size === undefined ? undefined : { problem: `holds a value of ${size}, and ${target.name} is ${target.type}` };
}

function tooLongKey({ chars }: Measured): Refusal {
  return { problem: `is a key of up to ${chars} characters, and an index of a server takes ${KEY_CHARS_MAX}` };
}
