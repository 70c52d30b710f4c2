/**
 * Reads one column of a group of rows of MySQL's binary protocol: how the bytes of each type become words or doubles.
 * A loop for each kind of column, which knows its type, instead of one that asks at each value.
 */
import type { FieldPacket } from 'mysql2';
import type { ColumnSpec } from './column-batch.ts';
import { dayStartMs } from './instant.ts';
import { columnTypeError } from './unreadable.ts';

/** What is used of the definition of a column that comes before the rows. */
export interface ColumnDefinition {
  readonly name: string;
  readonly columnType: number;
  readonly flags: number;
}

/** A column as mysql2 hands it out, in whose types what every server sends is optional. */
export function definitionOf(field: FieldPacket): ColumnDefinition {
  const { name, columnType, flags } = field;
  if (columnType === undefined || typeof flags !== 'number')
    throw new TypeError(`mysql2 gave no type of column ${name}`);
  return { name, columnType, flags };
}

/** Rows whose packets are complete. */
export interface RowGroup {
  readonly view: DataView;
  /** Where the next value of each row begins. A reader moves them on behind its own. */
  readonly places: Int32Array;
  readonly count: number;
  /** The row of the batch that the first becomes. */
  readonly firstRow: number;
  /** By row of the batch: bit c is set when column c is NULL. */
  readonly nulls: Uint8Array;
}

/**
 * Reads the column whose bit among the NULLs is `bit` into `target` (two words a row, or a double). NULL becomes 0, or
 * NaN for an instant. Returns the first row of the group whose value is not exact there, or -1.
 */
export type ReadColumn = (group: RowGroup, bit: number, target: Int32Array & Float64Array) => number;

/** Protocol numbers of the column types that a batch can take. */
const TINY = 1;
const SHORT = 2;
const LONG = 3;
const TIMESTAMP = 7;
const LONGLONG = 8;
const INT24 = 9;
const DATE = 10;
const DATETIME = 12;
const YEAR = 13;
const UNSIGNED_FLAG = 32;

const TWO_32 = 4_294_967_296;

export function isUnsigned({ flags }: ColumnDefinition): boolean {
  return (flags & UNSIGNED_FLAG) !== 0;
}

/** How to read `definition` as `spec`; throws a SettleError when a column of that type cannot be read so. */
export function readerOf(definition: ColumnDefinition, spec: ColumnSpec): ReadColumn {
  const { columnType: type } = definition;
  const unsigned = isUnsigned(definition);
  const wide = spec.type === 'int64';
  if (spec.type === 'instant') {
    if (type === DATETIME || type === TIMESTAMP || type === DATE) return readInstants;
  } else if (type === LONGLONG) {
    if (wide) return unsigned ? readUnsigned64AsWords : read64AsWords;
    return unsigned ? readUnsigned64 : read64;
  } else if (type === LONG || type === INT24) {
    if (wide) return unsigned ? readUnsigned32AsWords : read32AsWords;
    return unsigned ? readUnsigned32 : read32;
  } else if (type === SHORT || type === YEAR) {
    const read = unsigned || type === YEAR ? unsigned16 : signed16;
    return wide ? smallAsWords(read, 2) : small(read, 2);
  } else if (type === TINY) {
    const read = unsigned ? unsigned8 : signed8;
    return wide ? smallAsWords(read, 1) : small(read, 1);
  }
  throw columnTypeError(spec);
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

function read32({ view, places, count, firstRow, nulls }: RowGroup, bit: number, doubles: Float64Array): number {
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

function readUnsigned32(group: RowGroup, bit: number, doubles: Float64Array): number {
  const { count, firstRow } = group;
  read32(group, bit, doubles);
  for (let i = 0; i < count; i++) if (doubles[firstRow + i] < 0) doubles[firstRow + i] += TWO_32;
  return -1;
}

function read64(group: RowGroup, bit: number, doubles: Float64Array): number {
  return readAsDouble(group, bit, doubles, (view, place) => view.getInt32(place + 4, true));
}

function readUnsigned64(group: RowGroup, bit: number, doubles: Float64Array): number {
  return readAsDouble(group, bit, doubles, (view, place) => view.getUint32(place + 4, true));
}

function readAsDouble(
  { view, places, count, firstRow, nulls }: RowGroup,
  bit: number,
  doubles: Float64Array,
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

/** Integers of `width` bytes, which is less than four. */
function small(read: (view: DataView, place: number) => number, width: number): ReadColumn {
  return ({ view, places, count, firstRow, nulls }: RowGroup, bit: number, doubles: Float64Array) => {
    for (let i = 0, row = firstRow; i < count; i++, row++) {
      const isNull = (nulls[row] & bit) !== 0;
      doubles[row] = isNull ? 0 : read(view, places[i]);
      if (!isNull) places[i] += width;
    }
    return -1;
  };
}

function smallAsWords(read: (view: DataView, place: number) => number, width: number): ReadColumn {
  return ({ view, places, count, firstRow, nulls }: RowGroup, bit: number, words: Int32Array) => {
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
function readInstants({ view, places, count, firstRow, nulls }: RowGroup, bit: number, doubles: Float64Array): number {
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
