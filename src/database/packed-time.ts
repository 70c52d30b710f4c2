/**
 * A date or a UTC time as one exact double that orders and prints like its text, of which each has only one. Evidence is
 * hashed from it: what a database holds is never rounded, and never taken for another time that it equals.
 */
import { daysInMonth } from './instant.ts';

/**
 * A date as one exact double: larger is later, and its digits can be taken out again. A time is the sum of its date and
 * its `packClock`. No part is checked.
 */
export function packDate(year: number, month: number, day: number): number {
  return ((year * 16 + month) * 32 + day) * 131_072_000;
}

/** The time of day, to be added to `packDate`. */
export function packClock(hour: number, minute: number, second: number, millisecond: number): number {
  return ((hour * 64 + minute) * 64 + second) * 1000 + millisecond;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})$/;

/** Packs a real date `YYYY-MM-DD`; NaN for any other text. */
export function packDateText(text: string): number {
  const parts = DATE.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day] = [+parts[1], +parts[2], +parts[3]];
  return isDate(year, month, day) ? packDate(year, month, day) : Number.NaN;
}

/** Packs a real time `YYYY-MM-DD HH:MM:SS.sss`; NaN for any other text. */
export function packDatetimeText(text: string): number {
  const parts = DATETIME.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = [+parts[1], +parts[2], +parts[3], +parts[4], +parts[5], +parts[6]];
  const isReal = isDate(year, month, day) && hour < 24 && minute < 60 && second < 60;
  return isReal ? packDate(year, month, day) + packClock(hour, minute, second, +parts[7]) : Number.NaN;
}

function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}
