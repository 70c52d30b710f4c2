/**
 * The times that an import understands: `YYYY-MM-DD`, `T` or a blank, `HH:MM`, optional seconds and fraction, optional
 * `Z` or offset; or milliseconds since 1970. Fractions are cut to milliseconds.
 */
import { daysFromCivil } from '../../database/instant.ts';
import { localTimeConverter } from './local-time.ts';

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const EPOCH = /^-?\d{1,15}$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What DATETIME holds: years 1000 to 9999. */
const INSTANT_MIN = Date.UTC(1000, 0, 1);
const INSTANT_MAX = Date.UTC(10_000, 0, 1) - 1;

/** Milliseconds since 1970, or undefined when the text is no such time. */
export type TimeParser = (text: string) => number | undefined;

/** `zone`: an IANA zone for times that carry neither `Z` nor an offset; undefined takes them as UTC. */
export function createTimeParser(zone: string | undefined): TimeParser {
  const toInstant = zone === undefined ? (localMs: number) => localMs : localTimeConverter(zone);
  return (text) => {
    const instant = EPOCH.test(text) ? Number(text) : parseIso(text, toInstant);
    return instant !== undefined && instant >= INSTANT_MIN && instant <= INSTANT_MAX ? instant : undefined;
  };
}

function parseIso(text: string, toInstant: (localMs: number) => number): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, yearText, monthText, dayText, hourText, minuteText, secondText, fraction, offset] = match;
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
