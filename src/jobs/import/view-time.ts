/**
 * The times that an import understands: `YYYY-MM-DD`, `T` or a blank, `HH:MM`, optional seconds and fraction, optional
 * `Z` or offset; or a number. A number is read as the unit that `--time-unit` names; without it only as milliseconds
 * since 1970, and only where that is a time of 2000 to 2100: no other unit gives such a time for the same number.
 * Fractions are cut to milliseconds. Why: docs/decisions/0020-columns-and-lines.md.
 */
import { daysFromCivil, instantText } from '../../database/instant.ts';
import { parseBusinessDate } from '../../rules/business-time.ts';
import { localTimeConverter } from './local-time.ts';
import { quote } from './quote.ts';

/** What a time that is a number can be. `compact`: YYYYMMDD, or with HHMM, HHMMSS or a fraction of a second behind it. */
export const timeUnits = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'compact'] as const;
export type TimeUnit = (typeof timeUnits)[number];

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const COMPACT =
  /^(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9})|(\d{3}|\d{6}|\d{9}))?)? ?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;
const NUMBER = /^(-?)(\d+)(?:[.,](\d+))?$/;
const COMPACT_DATE = /^(\d{4})(\d\d)(\d\d)$/;
/** More digits are no time in any unit. */
const DIGITS_MAX = 23;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What DATETIME holds: years 1000 to 9999. */
const INSTANT_MIN = Date.UTC(1000, 0, 1);
const INSTANT_MAX = Date.UTC(10_000, 0, 1) - 1;
const USUAL_MIN = Date.UTC(2000, 0, 1);
const USUAL_END = Date.UTC(2101, 0, 1);

/** Why a text is no time, without its column, and what to do when that is more than to correct it. */
export interface TimeProblem {
  readonly problem: string;
  readonly hint?: string;
}

/** Milliseconds since 1970, or what is wrong with the text. */
export type TimeParser = (text: string) => number | TimeProblem;

/** A calendar date `YYYY-MM-DD`, or what is wrong with the text. */
export type DateParser = (text: string) => string | TimeProblem;

type ToInstant = (localMs: number) => number;

/** Whether an instant, in milliseconds, lies in the years 2000 to 2100 (UTC). */
export function isUsualYear(instantMs: number): boolean {
  return instantMs >= USUAL_MIN && instantMs < USUAL_END;
}

/**
 * `zone`: an IANA zone for times that carry neither `Z` nor an offset; undefined takes them as UTC. `unit`: how numbers
 * are read.
 */
export function createTimeParser(zone: string | undefined, unit?: TimeUnit): TimeParser {
  const toInstant = zone === undefined ? (localMs: number) => localMs : localTimeConverter(zone);
  return (text) => {
    let instant: number | undefined;
    if (NUMBER.test(text)) {
      if (unit === undefined) return millisOrProblem(text, toInstant);
      instant = fromNumber(text, unit, toInstant);
    } else {
      instant = fromIso(text, toInstant);
      if (instant === undefined && unit === 'compact') instant = fromCompact(text, toInstant);
    }
    return isInstant(instant) ? instant : { problem: `${quote(text)} is not a time` };
  };
}

/** A date is `YYYY-MM-DD`, or YYYYMMDD when the unit is `compact`. */
export function createDateParser(unit?: TimeUnit): DateParser {
  return (text) => {
    const compact = COMPACT_DATE.exec(text);
    const iso = compact === null ? text : compact.slice(1).join('-');
    if (!isBusinessDate(iso)) return { problem: `${quote(text)} is not a date` };
    if (compact === null || unit === 'compact') return iso;
    return { problem: `${quote(text)} is a date only as ${iso}`, hint: '--time-unit compact reads it so' };
  };
}

function isInstant(instant: number | undefined): instant is number {
  return instant !== undefined && instant >= INSTANT_MIN && instant <= INSTANT_MAX;
}

function isBusinessDate(text: string): boolean {
  try {
    parseBusinessDate(text);
    return true;
  } catch {
    return false;
  }
}

/** A number of which nobody says what it is. */
function millisOrProblem(text: string, toInstant: ToInstant): number | TimeProblem {
  const millis = fromNumber(text, 'milliseconds', toInstant);
  if (millis !== undefined && isUsualYear(millis) && !/[.,]/.test(text)) return millis;
  for (const unit of timeUnits) {
    const instant = fromNumber(text, unit, toInstant);
    if (instant === undefined || !isUsualYear(instant)) continue;
    const shown = instantText(instant).slice(0, 19);
    return {
      problem: `${quote(text)} is a time only as ${unit}, ${shown} UTC`,
      hint: `--time-unit ${unit} reads it so`,
    };
  }
  return {
    problem: `${quote(text)} is a number, and no unit makes it a time of 2000 to 2100`,
    hint: `--time-unit says what it is: ${timeUnits.join(', ')}`,
  };
}

function fromNumber(text: string, unit: TimeUnit, toInstant: ToInstant): number | undefined {
  if (unit === 'compact') return fromCompact(text, toInstant);
  const [, sign, digits, fraction = ''] = NUMBER.exec(text)!;
  if (digits.length > DIGITS_MAX) return undefined;
  // The text with its point moved to where milliseconds begin; BigInt, because 19 digits are more than a number holds.
  const moved = { seconds: 3, milliseconds: 0, microseconds: -3, nanoseconds: -6 }[unit];
  const whole = moved >= 0 ? digits + fraction.slice(0, moved).padEnd(moved, '0') : digits.slice(0, moved);
  // Of a negative number a rest that is cut off leaves an earlier millisecond, as it does of a text.
  const rest = moved >= 0 ? fraction.slice(moved) : digits.slice(moved) + fraction;
  const millis = Number(BigInt(whole === '' ? '0' : whole));
  return sign === '' ? millis : -millis - (/[1-9]/.test(rest) ? 1 : 0);
}

function fromIso(text: string, toInstant: ToInstant): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  return fromParts([year, month, day, hour, minute, second], fraction, offset, toInstant);
}

function fromCompact(text: string, toInstant: ToInstant): number | undefined {
  const match = COMPACT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second, pointed, bare, offset] = match;
  return fromParts([year, month, day, hour, minute, second], pointed ?? bare, offset, toInstant);
}

type Parts = readonly [
  year: string,
  month: string,
  day: string,
  hour: string,
  minute: string,
  second: string | undefined,
];

function fromParts(
  [yearText, monthText, dayText, hourText, minuteText, secondText]: Parts,
  fraction: string | undefined,
  offset: string | undefined,
  toInstant: ToInstant,
): number | undefined {
  const month = Number(monthText);
  const day = Number(dayText);
  const hour = Number(hourText);
  const minute = Number(minuteText);
  const second = secondText === undefined ? 0 : Number(secondText);
  if (hour > 23 || minute > 59 || second > 59 || !isDay(Number(yearText), month, day)) return undefined;
  const millis = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  const localMs =
    daysFromCivil(Number(yearText), month, day) * DAY_MS + (hour * 60 + minute) * MINUTE_MS + second * 1000 + millis;
  return offset === undefined ? toInstant(localMs) : withOffset(localMs, offset);
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return day <= next - daysFromCivil(year, month, 1);
}

function withOffset(localMs: number, offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return localMs;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3).replace(':', '') || '0');
  if (hours > 18 || minutes > 59) return undefined;
  const offsetMs = (hours * 60 + minutes) * MINUTE_MS;
  return offset.startsWith('-') ? localMs + offsetMs : localMs - offsetMs;
}
