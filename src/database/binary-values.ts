/** Values of MySQL's binary protocol that are no numbers: texts, bytes, and times as their digits. */
import type { TextColumn } from './column-batch.ts';
import { packClock, packDate } from './packed-time.ts';

/** Rows whose packets are complete. */
export interface RowGroup {
  readonly view: DataView;
  /** Where the next value of each row begins. A reader moves them on behind its own. */
  readonly places: Int32Array;
  readonly count: number;
  /** The row of the batch that the first becomes. */
  readonly firstRow: number;
  /** By row of the batch: a bit each is set when a column is NULL. */
  readonly nulls: Int32Array;
  /** From a place in `view` to that of its copy in the batch's bytes. */
  readonly shift: number;
}

const DATE = 10;
const TIME = 11;
const FRACTION_DIGITS_MAX = 6;

/** Texts and bytes stay where they are; `shift` leads to their copy. A length is one byte, or 2 or 3 after a mark. */
export function readBytes(group: RowGroup, bit: number, { at, length }: TextColumn): number {
  const { view, places, count, firstRow, nulls, shift } = group;
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      at[row] = 0;
      length[row] = 0;
      continue;
    }
    let place = places[i];
    let size = view.getUint8(place++);
    if (size === 252) {
      size = view.getUint16(place, true);
      place += 2;
    } else if (size === 253) {
      size = view.getUint16(place, true) | (view.getUint8(place + 2) << 16);
      place += 3;
    }
    at[row] = place + shift;
    length[row] = size;
    places[i] = place + size;
  }
  return -1;
}

/**
 * Dates and times as packed-time.ts has them. A zero date is sent as length 0, midnight as length 4, a whole second as
 * length 7.
 */
export function readPacked(group: RowGroup, bit: number, packed: Float64Array | Int32Array): number {
  const { view, places, count, firstRow, nulls } = group;
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      packed[row] = Number.NaN;
      continue;
    }
    const place = places[i];
    const length = view.getUint8(place);
    places[i] = place + 1 + length;
    if (length < 4) {
      packed[row] = 0;
      continue;
    }
    const date = packDate(view.getUint16(place + 1, true), view.getUint8(place + 3), view.getUint8(place + 4));
    if (length < 7) {
      packed[row] = date;
      continue;
    }
    const millisecond = length >= 11 ? (view.getUint32(place + 8, true) / 1000) | 0 : 0;
    const [hour, minute, second] = [view.getUint8(place + 5), view.getUint8(place + 6), view.getUint8(place + 7)];
    packed[row] = date + packClock(hour, minute, second, millisecond);
  }
  return -1;
}

/** Times as the texts that the server writes, with `decimals` digits of the seconds' fraction. */
export function readTimeTexts(group: RowGroup, bit: number, values: unknown[], type: number, decimals: number): number {
  const { view, places, count, firstRow, nulls } = group;
  const write = type === TIME ? durationText : dateText;
  for (let i = 0, row = firstRow; i < count; i++, row++) {
    if ((nulls[row] & bit) !== 0) {
      values[row] = null;
      continue;
    }
    const place = places[i];
    const length = view.getUint8(place);
    values[row] = write(view, place + 1, length, type === DATE, decimals);
    places[i] = place + 1 + length;
  }
  return -1;
}

function dateText(view: DataView, at: number, length: number, isDate: boolean, decimals: number): string {
  const year = length >= 4 ? view.getUint16(at, true) : 0;
  const [month, day] = length >= 4 ? [view.getUint8(at + 2), view.getUint8(at + 3)] : [0, 0];
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return isDate ? date : `${date} ${clockText(view, at + 4, 0, length >= 7, length >= 11, decimals)}`;
}

/** A byte of sign, 4 of days, then as the time of a day. */
function durationText(view: DataView, at: number, length: number, _isDate: boolean, decimals: number): string {
  const sign = length > 0 && view.getUint8(at) === 1 ? '-' : '';
  const days = length > 0 ? view.getUint32(at + 1, true) : 0;
  return sign + clockText(view, at + 5, days, length >= 8, length >= 12, decimals);
}

function clockText(
  view: DataView,
  at: number,
  days: number,
  hasTime: boolean,
  hasFraction: boolean,
  decimals: number,
): string {
  const [hour, minute, second] = hasTime
    ? [view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2)]
    : [0, 0, 0];
  const clock = `${two(days * 24 + hour)}:${two(minute)}:${two(second)}`;
  const micros = hasFraction ? view.getUint32(at + 3, true) : 0;
  // More digits than there are: the server says that it does not know how many.
  const digits = decimals > FRACTION_DIGITS_MAX ? (micros === 0 ? 0 : FRACTION_DIGITS_MAX) : decimals;
  return digits === 0 ? clock : `${clock}.${String(micros).padStart(6, '0').slice(0, digits)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
