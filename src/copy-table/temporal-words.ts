/** Dates and times as three words of 32 bits, the same of a server's bytes and of SQLite's text. Pure. */
import type { WireTime } from '../database/column-batch.ts';
import { wireNumber } from '../database/wire-time.ts';

export const IS_DATE = 1;
export const IS_DATETIME = 2;
export const IS_TIME = 3;
export const IS_TIME_BELOW_ZERO = 4;

const [MINUS, POINT, ZERO, COLON, BLANK] = [45, 46, 48, 58, 32];
const DATE_LENGTH = 10;
const FRACTION_DIGITS_MAX = 6;
const HOURS = 24;

/** The last value that was read. */
export class TemporalWords {
  /** Year, month, day; of a time 0. */
  date = 0;
  /** Hour, minute, second. */
  clock = 0;
  micros = 0;

  /** Of bytes as the protocol has them. Returns what it is. */
  readWire(bytes: Buffer, at: number, length: number, type: WireTime): number {
    this.date = this.clock = this.micros = 0;
    if (type === 'wire-time') {
      if (length < 8) return IS_TIME;
      const hours = wireNumber(bytes, at + 1) * HOURS + bytes[at + 5];
      this.clock = (hours << 16) | (bytes[at + 6] << 8) | bytes[at + 7];
      if (length >= 12) this.micros = wireNumber(bytes, at + 8);
      return bytes[at] === 1 ? IS_TIME_BELOW_ZERO : IS_TIME;
    }
    if (length >= 4) this.date = ((bytes[at] | (bytes[at + 1] << 8)) << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    if (length >= 7) this.clock = (bytes[at + 4] << 16) | (bytes[at + 5] << 8) | bytes[at + 6];
    if (length >= 11) this.micros = wireNumber(bytes, at + 7);
    return type === 'wire-date' ? IS_DATE : IS_DATETIME;
  }

  /** Of a text as servers write it. Returns 0 for any other: it is compared as the text that it is. */
  readText(bytes: Buffer, at: number, length: number): number {
    this.date = this.clock = this.micros = 0;
    const end = at + length;
    const isBelowZero = bytes[at] === MINUS;
    const start = isBelowZero ? at + 1 : at;
    if (bytes[start + 2] === COLON || bytes[start + 3] === COLON) {
      const hours = bytes[start + 2] === COLON ? 2 : 3;
      if (!this.#readClock(bytes, start, hours, end)) return 0;
      return isBelowZero ? IS_TIME_BELOW_ZERO : IS_TIME;
    }
    if (length < DATE_LENGTH || bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return 0;
    const [year, month, day] = [digits(bytes, at, 4), digits(bytes, at + 5, 2), digits(bytes, at + 8, 2)];
    if (year < 0 || month < 0 || day < 0) return 0;
    this.date = (year << 16) | (month << 8) | day;
    if (length === DATE_LENGTH) return IS_DATE;
    return bytes[at + DATE_LENGTH] === BLANK && this.#readClock(bytes, at + DATE_LENGTH + 1, 2, end) ? IS_DATETIME : 0;
  }

  #readClock(bytes: Buffer, at: number, hourDigits: number, end: number): boolean {
    const minutes = at + hourDigits + 1;
    const seconds = minutes + 3;
    if (seconds + 2 > end || bytes[minutes - 1] !== COLON || bytes[seconds - 1] !== COLON) return false;
    const [hour, minute, second] = [
      digits(bytes, at, hourDigits),
      digits(bytes, minutes, 2),
      digits(bytes, seconds, 2),
    ];
    if (hour < 0 || minute < 0 || second < 0) return false;
    this.clock = (hour << 16) | (minute << 8) | second;
    if (seconds + 2 === end) return true;
    const count = end - seconds - 3;
    if (bytes[seconds + 2] !== POINT || count < 1 || count > FRACTION_DIGITS_MAX) return false;
    const fraction = digits(bytes, seconds + 3, count);
    this.micros = fraction * 10 ** (FRACTION_DIGITS_MAX - count);
    return fraction >= 0;
  }
}

/** -1 where one of them is no digit. */
function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
