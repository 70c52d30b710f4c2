/**
 * Business dates, ISO weeks and months (domain.md section 1). Dates are text `YYYY-MM-DD`; instants are milliseconds
 * since 1970 in UTC. The zone's own rules decide, never a fixed offset. Nothing here reads the clock.
 */
import { DateTime, IANAZone, Settings } from 'luxon';
import { usageError } from '../errors.ts';

// Nothing here is worded in a language; finding out the machine's takes longer than everything else in this file.
Settings.defaultLocale = 'en-US';

/** Half-open: `startMs <= t < endMs`. */
export interface BusinessDay {
  readonly startMs: number;
  readonly endMs: number;
}

export type PeriodKind = 'day' | 'week' | 'month';

/** A run of whole business dates; `from` and `to` are both inside. */
export interface Period {
  readonly kind: PeriodKind;
  /** `2026-11-20`, `2026-W47` (ISO week-year) or `2026-11`. */
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export const defaultZone = 'Asia/Seoul';

/** The date itself when it is a real calendar date written `YYYY-MM-DD`; otherwise a usage error. */
export function parseBusinessDate(text: string): string {
  // Every date has a day before and one after that a DATE column can hold.
  const ok = /^[1-9]\d{3}-\d{2}-\d{2}$/.test(text) && text < '9999' && DateTime.fromISO(text, { zone: 'utc' }).isValid;
  if (!ok) throw usageError(`'${text}' is not a date`, 'Write a calendar date as YYYY-MM-DD, for example 2026-11-20.');
  return text;
}

/** The zone itself when it is a known IANA zone; otherwise a usage error. */
export function requireZone(zone: string): string {
  if (!IANAZone.isValidZone(zone)) {
    throw usageError(`unknown time zone '${zone}'`, 'Use an IANA name, for example Asia/Seoul or America/Los_Angeles.');
  }
  return zone;
}

/** [date 00:00 in zone, next date 00:00 in zone): 23 or 25 hours long where summer time changes. */
export function businessDay(date: string, zone: string): BusinessDay {
  return { startMs: startOfDate(date, zone), endMs: startOfDate(addDays(date, 1), zone) };
}

/** The date `days` later (earlier when negative). */
export function addDays(date: string, days: number): string {
  return isoDate(utc(date).plus({ days }));
}

/** The business date that an instant falls on. */
export function businessDateOf(instantMs: number, zone: string): string {
  return DateTime.fromMillis(instantMs, { zone }).toFormat('yyyy-MM-dd');
}

/** The period of the kind that contains the date. Weeks are ISO weeks; both week and month are runs of days. */
export function periodOf(date: string, kind: PeriodKind): Period {
  const day = utc(date);
  if (kind === 'day') return { kind, label: date, from: date, to: date };
  if (kind === 'week') {
    const label = `${String(day.weekYear).padStart(4, '0')}-W${String(day.weekNumber).padStart(2, '0')}`;
    return { kind, label, from: isoDate(day.startOf('week')), to: isoDate(day.endOf('week')) };
  }
  return { kind, label: day.toFormat('yyyy-MM'), from: isoDate(day.startOf('month')), to: isoDate(day.endOf('month')) };
}

/** The first instant that carries the date in the zone, also where midnight is skipped or comes twice. */
function startOfDate(date: string, zone: string): number {
  const start = DateTime.fromISO(date, { zone }).startOf('day');
  const hourBefore = start.minus({ hours: 1 });
  // Clocks set back over midnight show 00:00 twice; the date begins at the first.
  const first = hourBefore.toFormat('yyyy-MM-dd') === date ? hourBefore : start;
  return first.toMillis();
}

function utc(date: string): DateTime {
  return DateTime.fromISO(date, { zone: 'utc' });
}

function isoDate(day: DateTime): string {
  return day.toFormat('yyyy-MM-dd');
}
