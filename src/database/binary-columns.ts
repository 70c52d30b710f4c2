/**
 * Reads one column of a group of rows of MySQL's binary protocol: how the bytes of each type become words, doubles or
 * positions. A loop for each kind of column, which knows its type, instead of one that asks at each value.
 */
import type { FieldPacket } from 'mysql2';
import { type RowGroup, readBytes, readPacked, readTimeTexts } from './binary-values.ts';
import type { Column, ColumnSpec, ColumnType, TextColumn } from './column-batch.ts';
import { dayStartMs } from './instant.ts';
import { columnTypeError } from './unreadable.ts';

/** What is used of the definition of a column that comes before the rows. */
export interface ColumnDefinition {
  readonly name: string;
  readonly columnType: number;
  readonly flags: number;
  readonly characterSet?: number;
  /** Digits of the seconds' fraction. */
  readonly decimals?: number;
}

/** A column as mysql2 hands it out, in whose types what every server sends is optional. */
export function definitionOf(field: FieldPacket): ColumnDefinition {
  const { name, columnType, flags, characterSet, decimals } = field;
  if (columnType === undefined || typeof flags !== 'number')
    throw new TypeError(`mysql2 gave no type of column ${name}`);
  return { name, columnType, flags, characterSet, decimals };
}

/**
 * Reads the column whose bit among the NULLs is `bit` into `column`. NULL becomes 0, NaN for a time, or empty. Returns the
 * first row of the group whose value is not exact there, or -1.
 */
export type ReadColumn = (group: RowGroup, bit: number, column: Column) => number;

/** Protocol numbers of column types. */
const TINY = 1;
const SHORT = 2;
const LONG = 3;
const FLOAT = 4;
const DOUBLE = 5;
const TIMESTAMP = 7;
const LONGLONG = 8;
const INT24 = 9;
const DATE = 10;
const TIME = 11;
const DATETIME = 12;
const YEAR = 13;
const VARCHAR = 15;
const BIT = 16;
const VECTOR = 242;
const JSON_TEXT = 245;
const DECIMAL = 246;
const TINY_BLOB = 249;
const BLOB = 252;
const VAR_STRING = 253;
const STRING = 254;
const GEOMETRY = 255;
const UNSIGNED_FLAG = 32;
/** The character set of bytes. */
const BINARY = 63;

const TWO_32 = 4_294_967_296;

export function isUnsigned({ flags }: ColumnDefinition): boolean {
  return (flags & UNSIGNED_FLAG) !== 0;
}

/** The type that holds every value of the column. */
export function fittingType(definition: ColumnDefinition): ColumnType {
  const { columnType: type, characterSet } = definition;
  if (type === LONGLONG) return 'int64';
  if (isInteger(type)) return 'number';
  if (type === FLOAT || type === DOUBLE) return 'double';
  if (isTime(type)) return 'any';
  if (type === DECIMAL) return 'decimal';
  if (type === JSON_TEXT) return 'json';
  return isText(type, characterSet) && characterSet !== BINARY ? 'text' : 'bytes';
}

function isInteger(type: number): boolean {
  return type === LONG || type === INT24 || type === SHORT || type === TINY || type === YEAR || type === LONGLONG;
}

function isTime(type: number): boolean {
  return type === DATE || type === DATETIME || type === TIMESTAMP || type === TIME;
}

/** Whether a column can be read as text. */
function isText(type: number, characterSet: number | undefined): boolean {
  if (type === VARCHAR || type === VAR_STRING || type === STRING) return true;
  return type >= TINY_BLOB && type <= BLOB && characterSet !== BINARY;
}

/** How to read `definition` as `spec`; throws a SettleError when a column of that type cannot be read so. */
export function readerOf(definition: ColumnDefinition, spec: ColumnSpec): ReadColumn {
  const read = wordReader(definition, spec) ?? numberReader(definition, spec) ?? valueReader(definition, spec);
  if (read === undefined) throw columnTypeError(spec);
  return read;
}

/** How the values of an integer or a time are written: so many bytes, or a length and the parts of a time. */
export type ValueLayout = 'time' | { readonly bytes: number; readonly isUnsigned: boolean };

/** For a decoder of its own: throws a SettleError when the column cannot be read as `spec`, which is int64, number or instant. */
export function valueLayout(definition: ColumnDefinition, spec: ColumnSpec): ValueLayout {
  readerOf(definition, spec);
  const { columnType: type } = definition;
  if (isTime(type)) return 'time';
  const isUnsigned = type === YEAR || (definition.flags & UNSIGNED_FLAG) !== 0;
  if (type === LONGLONG) return { bytes: 8, isUnsigned };
  if (type === SHORT || type === YEAR) return { bytes: 2, isUnsigned };
  return { bytes: type === TINY ? 1 : 4, isUnsigned };
}

function wordReader(definition: ColumnDefinition, spec: ColumnSpec): ReadColumn | undefined {
  const { columnType: type } = definition;
  if (spec.type !== 'int64') return undefined;
  const unsigned = isUnsigned(definition);
  if (type === LONGLONG && spec.isUnsigned) return asWords(read64AsWords);
  if (type === LONGLONG) return asWords(unsigned ? readUnsigned64AsWords : read64AsWords);
  if (type === LONG || type === INT24) return asWords(unsigned ? readUnsigned32AsWords : read32AsWords);
  const [read, width] = smallInteger(type, unsigned) ?? [];
  return read === undefined ? undefined : asWords(smallAsWords(read, width!));
}

function numberReader(definition: ColumnDefinition, spec: ColumnSpec): ReadColumn | undefined {
  const { columnType: type } = definition;
  const unsigned = isUnsigned(definition);
  if (spec.type === 'instant')
    return type === DATETIME || type === TIMESTAMP || type === DATE ? asNumbers(readInstants) : undefined;
  if (spec.type === 'double') {
    if (type === DOUBLE) return asNumbers(floats((view, place) => view.getFloat64(place, true), 8));
    return type === FLOAT ? asNumbers(floats((view, place) => view.getFloat32(place, true), 4)) : undefined;
  }
  if (spec.type !== 'number' && spec.type !== 'int32') return undefined;
  const fits = spec.type === 'number' || !unsigned;
  if (type === LONGLONG && spec.type === 'number') return asNumbers(unsigned ? readUnsigned64 : read64);
  if (type === LONG || type === INT24)
    return fits || type === INT24 ? asNumbers(unsigned ? readUnsigned32 : read32) : undefined;
  const [read, width] = smallInteger(type, unsigned) ?? [];
  return read === undefined ? undefined : asNumbers(small(read, width!));
}

function valueReader(definition: ColumnDefinition, spec: ColumnSpec): ReadColumn | undefined {
  const { columnType: type, characterSet, decimals } = definition;
  switch (spec.type) {
    case 'date':
      return type === DATE ? asNumbers(readPacked) : undefined;
    case 'datetime':
      return type === DATETIME || type === TIMESTAMP ? asNumbers(readPacked) : undefined;
    case 'text':
      return isText(type, characterSet) ? asTexts(readBytes) : undefined;
    case 'json':
      return type === JSON_TEXT || isText(type, characterSet) ? asTexts(readBytes) : undefined;
    case 'decimal':
      return type === DECIMAL ? asTexts(readBytes) : undefined;
    // A length of one byte, and what follows it: as a text.
    case 'wire-date':
      return type === DATE ? asTexts(readBytes) : undefined;
    case 'wire-datetime':
      return type === DATETIME || type === TIMESTAMP ? asTexts(readBytes) : undefined;
    case 'wire-time':
      return type === TIME ? asTexts(readBytes) : undefined;
    case 'bytes': {
      const isBytes = type === BIT || type === VECTOR || type === GEOMETRY || (type >= TINY_BLOB && type <= STRING);
      return isBytes ? asTexts(readBytes) : undefined;
    }
    case 'any':
      return isTime(type)
        ? asValues((group, bit, values) => readTimeTexts(group, bit, values, type, decimals ?? 0))
        : undefined;
    default:
      return undefined;
  }
}

type Read<C> = (group: RowGroup, bit: number, column: C) => number;

function asWords(read: Read<Int32Array>): ReadColumn {
  return (group, bit, column) => (column.type === 'int64' ? read(group, bit, column.words) : mismatch());
}

function asNumbers(read: Read<Float64Array | Int32Array>): ReadColumn {
  return (group, bit, column) => {
    if (!('values' in column) || column.type === 'int64' || column.type === 'any') return mismatch();
    return read(group, bit, column.values);
  };
}

function asTexts(read: Read<TextColumn>): ReadColumn {
  return (group, bit, column) => ('length' in column ? read(group, bit, column) : mismatch());
}

function asValues(read: Read<unknown[]>): ReadColumn {
  return (group, bit, column) => (column.type === 'any' ? read(group, bit, column.values) : mismatch());
}

function mismatch(): never {
  throw new TypeError('the column of the batch is of another type than its spec');
}

/** How to read an integer of less than 32 bits, and how many bytes it takes. */
function smallInteger(
  type: number,
  unsigned: boolean,
): [(view: DataView, place: number) => number, number] | undefined {
  if (type === SHORT || type === YEAR) return [unsigned || type === YEAR ? unsigned16 : signed16, 2];
  return type === TINY ? [unsigned ? unsigned8 : signed8, 1] : undefined;
}

const unsigned16 = (view: DataView, place: number) => view.getUint16(place, true);
const signed16 = (view: DataView, place: number) => view.getInt16(place, true);
const unsigned8 = (view: DataView, place: number) => view.getUint8(place);
const signed8 = (view: DataView, place: number) => view.getInt8(place);

function read64AsWords({ view, places, count, firstRow, nulls }: RowGroup, bit: number, words: Int32Array): number {
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      words[2 * row] = 0;
      words[2 * row + 1] = 0;
      continue;
    }
    const place = places[i];
    words[2 * row] = view.getInt32(place, true);
    words[2 * row + 1] = view.getInt32(place + 4, true);
    places[i] = place + 8;
  }
  return -1;
}

function readUnsigned64AsWords(group: RowGroup, bit: number, words: Int32Array): number {
  const { count, firstRow, nulls } = group;
  read64AsWords(group, bit, words);
  for (let i = 0; i < count; i++) {
    if (words[2 * (firstRow + i) + 1] < 0 && (nulls[firstRow + i] & bit) === 0) return i;
  }
  return -1;
}

function read32AsWords({ view, places, count, firstRow, nulls }: RowGroup, bit: number, words: Int32Array): number {
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    const isNull = (nulls[row] & bit) !== 0;
    const value = isNull ? 0 : view.getInt32(places[i], true);
    words[2 * row] = value;
    words[2 * row + 1] = value >> 31;
    if (!isNull) places[i] += 4;
  }
  return -1;
}

function readUnsigned32AsWords(group: RowGroup, bit: number, words: Int32Array): number {
  const { count, firstRow } = group;
  read32AsWords(group, bit, words);
  for (let i = 0; i < count; i++) words[2 * (firstRow + i) + 1] = 0;
  return -1;
}

function read32(
  { view, places, count, firstRow, nulls }: RowGroup,
  bit: number,
  doubles: Float64Array | Int32Array,
): number {
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      doubles[row] = 0;
      continue;
    }
    const place = places[i];
    doubles[row] = view.getInt32(place, true);
    places[i] = place + 4;
  }
  return -1;
}

function readUnsigned32(group: RowGroup, bit: number, doubles: Float64Array | Int32Array): number {
  const { count, firstRow } = group;
  read32(group, bit, doubles);
  for (let i = 0; i < count; i++) if (doubles[firstRow + i] < 0) doubles[firstRow + i] += TWO_32;
  return -1;
}

function read64(group: RowGroup, bit: number, doubles: Float64Array | Int32Array): number {
  return readAsDouble(group, bit, doubles, (view, place) => view.getInt32(place + 4, true));
}

function readUnsigned64(group: RowGroup, bit: number, doubles: Float64Array | Int32Array): number {
  return readAsDouble(group, bit, doubles, (view, place) => view.getUint32(place + 4, true));
}

function readAsDouble(
  { view, places, count, firstRow, nulls }: RowGroup,
  bit: number,
  doubles: Float64Array | Int32Array,
  highWord: (view: DataView, place: number) => number,
): number {
  let inexact = -1;
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      doubles[row] = 0;
      continue;
    }
    const place = places[i];
    const value = highWord(view, place) * TWO_32 + view.getUint32(place, true);
    doubles[row] = value;
    if (!Number.isSafeInteger(value) && inexact < 0) inexact = i;
    places[i] = place + 8;
  }
  return inexact;
}

/** Floating-point numbers are read as the small integers are. */
const floats = small;

/** Integers of `width` bytes, which is less than four. */
function small(read: (view: DataView, place: number) => number, width: number): Read<Float64Array | Int32Array> {
  return ({ view, places, count, firstRow, nulls }, bit, doubles) => {
    for (let i = 0, row = firstRow; i < count; i++, row++) {
      const isNull = (nulls[row] & bit) !== 0;
      doubles[row] = isNull ? 0 : read(view, places[i]);
      if (!isNull) places[i] += width;
    }
    return -1;
  };
}

function smallAsWords(read: (view: DataView, place: number) => number, width: number): Read<Int32Array> {
  return ({ view, places, count, firstRow, nulls }, bit, words) => {
    for (let i = 0, row = firstRow; i < count; i++, row++) {
      const isNull = (nulls[row] & bit) !== 0;
      const value = isNull ? 0 : read(view, places[i]);
      words[2 * row] = value;
      words[2 * row + 1] = value >> 31;
      if (!isNull) places[i] += width;
    }
    return -1;
  };
}

/** A time is a byte of length, then 4 bytes of date, 3 of time of day, 4 of microseconds, as far as they are not 0. */
function readInstants(
  { view, places, count, firstRow, nulls }: RowGroup,
  bit: number,
  doubles: Float64Array | Int32Array,
): number {
  // The last date met: rows come mostly in order of time.
  let dateKey = 0;
  let dateMs = Number.NaN;
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      doubles[row] = Number.NaN;
      continue;
    }
    const place = places[i];
    const length = view.getUint8(place);
    places[i] = place + 1 + length;
    if (length < 4) {
      // A zero date ("0000-00-00") is sent as length 0. It is no time at all, which is what NULL means.
      doubles[row] = Number.NaN;
      nulls[row] |= bit;
      continue;
    }
    const key = view.getInt32(place + 1, true);
    if (key !== dateKey) {
      dateKey = key;
      dateMs = dayStartMs(key & 0xffff, (key >> 16) & 0xff, (key >> 24) & 0xff);
    }
    let ms = 0;
    if (length >= 7) {
      ms = view.getUint8(place + 5) * 3_600_000 + view.getUint8(place + 6) * 60_000 + view.getUint8(place + 7) * 1000;
      if (length >= 11) ms += (view.getInt32(place + 8, true) / 1000) | 0;
    }
    doubles[row] = dateMs + ms;
    // A date that does not exist.
    if (Number.isNaN(dateMs)) nulls[row] |= bit;
  }
  return -1;
}
