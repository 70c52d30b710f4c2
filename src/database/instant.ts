/**
 * UTC instants as text and back, by character codes and without Date objects: this runs for every row of a scan.
 * The written form is `YYYY-MM-DD HH:MM:SS.sss` in every dialect.
 */

const DAY_MS = 86_400_000;

const MINUTE_MS = 60_000;
const YEAR_0_MS = Date.UTC(-1, 12, 1);
const YEAR_10000_MS = Date.UTC(10_000, 0, 1);

/** The parts that a time of day is put together from; a table is several times faster than formatting each number. */
const minuteTexts = Array.from({ length: 1440 }, (_, i) => `${padded(Math.floor(i / 60), 2)}:${padded(i % 60, 2)}:`);
const secondTexts = Array.from({ length: 60 }, (_, i) => `${padded(i, 2)}.`);
const milliTexts = Array.from({ length: 1000 }, (_, i) => padded(i, 3));

/** The last date written: rows come mostly in order of time. */
let lastDay = Number.NaN;
let lastDayText = '';

/** Milliseconds since 1970 (an integer) to `YYYY-MM-DD HH:MM:SS.sss`, years 0 to 9999. */
export function instantText(epochMs: number): string {
  if (!(Number.isInteger(epochMs) && epochMs >= YEAR_0_MS && epochMs < YEAR_10000_MS)) {
    throw new RangeError(`not whole milliseconds in the years 0 to 9999: ${epochMs}`);
  }
  const day = Math.floor(epochMs / DAY_MS);
  if (day !== lastDay) {
    lastDayText = `${new Date(day * DAY_MS).toISOString().slice(0, 10)} `;
    lastDay = day;
  }
  const ofDay = epochMs - day * DAY_MS;
  const ofMinute = ofDay % MINUTE_MS;
  const minute = (ofDay - ofMinute) / MINUTE_MS;
  return lastDayText + minuteTexts[minute] + secondTexts[(ofMinute / 1000) | 0] + milliTexts[ofMinute % 1000];
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/**
 * Days from 1970-01-01 of a proleptic Gregorian date; `month` and `day` count from 1. Years from 0.
 * The year is taken to begin in March, so that the leap day is its last: no table, no branch.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Milliseconds since 1970 at the beginning of a date; NaN when there is no such date (month or day 0 included). */
export function dayStartMs(year: number, month: number, day: number): number {
  // Written so that NaN fails each test.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  return daysFromCivil(year, month, day) * DAY_MS;
}

/**
 * Milliseconds since 1970 of `YYYY-MM-DD HH:MM:SS`, also with `T` for the blank, with a fraction of up to nine digits
 * (cut to milliseconds), with a final `Z`, or of a date alone. NaN when the text is anything else or no real time.
 * A zero date (`0000-00-00`, month 0, day 0) is no real time.
 */
export function parseInstant(text: string): number {
  const length = text.length;
  if (length < 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const dayMs = dayStartMs(year, month, day);
  if (length === 10) return dayMs;

  const separator = text.charCodeAt(10);
  if (length < 19 || (separator !== 32 && separator !== 84)) return Number.NaN;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN;
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;

  const end = text.charCodeAt(length - 1) === 90 ? length - 1 : length;
  let ms = 0;
  if (end > 19) {
    const digits = end - 20;
    if (text.charCodeAt(19) !== 46 || digits < 1 || digits > 9) return Number.NaN;
    let scale = 100;
    for (let i = 20; i < end; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) return Number.NaN;
      ms += digit * scale;
      scale = scale === 100 ? 10 : scale === 10 ? 1 : 0;
    }
  }
  return dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
}

/** Whether a text that is a time is written as `instantText` writes it, so that texts compare as their times do. */
export function hasCanonicalForm(text: string): boolean {
  return text.length === 23 && text.charCodeAt(10) === 32;
}

/** Two digits at `at` as a number, or NaN. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** `month` from 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
