/**
 * Business dates, ISO weeks and months (domain.md section 1). Dates are text `YYYY-MM-DD`; instants are milliseconds
 * since 1970 in UTC. The zone's own rules decide, never a fixed offset. Nothing here reads the clock.
 */
import { DateTime, IANAZone, Settings } from 'luxon';
import { usageError } from '../errors.ts';
import { canonicalZone } from './zone-names.ts';

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

const SECONDS_A_MINUTE = 60;
const MS_A_SECOND = 1000;
const HOUR_MS = 3_600_000;
/** The Philippines and Alaska changed sides of the date line with 16 and 15 hours; a fixed offset may have 23. */
const OFFSET_MS_MAX = 24 * HOUR_MS;
const PROBE_MS = 4 * HOUR_MS;
/** Ends of days that are kept by `businessDateOf`. */
const DAY_ENDS_MAX = 10_000;

/** The date itself when it is a real calendar date written `YYYY-MM-DD`; otherwise a usage error. */
export function parseBusinessDate(text: string): string {
  // Every date has a day before and one after that a DATE column can hold.
  const ok = /^[1-9]\d{3}-\d{2}-\d{2}$/.test(text) && text < '9999' && DateTime.fromISO(text, { zone: 'utc' }).isValid;
  if (!ok) throw usageError(`'${text}' is not a date`, 'Write a calendar date as YYYY-MM-DD, for example 2026-11-20.');
  return text;
}

/** The canonical name (zone-names.ts) of a zone that is known here; otherwise a usage error. */
export function requireZone(zone: string): string {
  const name = canonicalZone(zone);
  if (name === undefined || !IANAZone.isValidZone(name)) {
    throw usageError(`unknown time zone '${zone}'`, 'Use an IANA name, for example Asia/Seoul or America/Los_Angeles.');
  }
  return name;
}

/** Whether both name one zone, also where one of them is no name of a zone any more. */
export function isSameZone(one: string, other: string): boolean {
  return (canonicalZone(one) ?? one) === (canonicalZone(other) ?? other);
}

/**
 * [date 00:00 in zone, next date 00:00 in zone): 23 or 25 hours long where summer time changes, and empty where the zone
 * left the date out, as Pacific/Apia did with 2011-12-30.
 */
export function businessDay(date: string, zone: string): BusinessDay {
  return { startMs: startOfDate(date, zone), endMs: startOfDate(addDays(date, 1), zone) };
}

/** The date `days` later (earlier when negative). */
export function addDays(date: string, days: number): string {
  return isoDate(utc(date).plus({ days }));
}

/** The business date that an instant falls on: the one whose `businessDay` holds it. */
export function businessDateOf(instantMs: number, zone: string): string {
  const shown = DateTime.fromMillis(instantMs, { zone }).toFormat('yyyy-MM-dd');
  // Clocks that were set back over midnight show the date before, which has ended.
  return instantMs < endOfDate(shown, zone) ? shown : addDays(shown, 1);
}

const dayEnds = new Map<string, number>();

/** As `businessDay(date, zone).endMs`, remembered: rows of a file fall on few dates. */
function endOfDate(date: string, zone: string): number {
  const key = `${date} ${zone}`;
  let endMs = dayEnds.get(key);
  if (endMs === undefined) {
    if (dayEnds.size >= DAY_ENDS_MAX) dayEnds.clear();
    endMs = startOfDate(addDays(date, 1), zone);
    dayEnds.set(key, endMs);
  }
  return endMs;
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

/**
 * The first instant at which clocks in the zone show 00:00 of the date; where they never do, the one at which they are set
 * forward over it. Clocks that are set back over midnight show the end of the day before once more: that belongs to the
 * date, which has begun. So the dates of a zone follow each other without a gap, as java.time and Temporal have it.
 */
function startOfDate(date: string, zone: string): number {
  const midnightMs = utc(date).toMillis();
  const offsetMs = offsetsOf(zone);
  const offsets = new Set<number>();
  // More often than any zone has changed its offset twice, and further than any is away from UTC.
  for (let atMs = midnightMs - OFFSET_MS_MAX; atMs <= midnightMs + OFFSET_MS_MAX; atMs += PROBE_MS) {
    offsets.add(offsetMs(atMs));
  }
  const shown = [...offsets]
    .map((offset) => midnightMs - offset)
    .filter((atMs) => atMs + offsetMs(atMs) === midnightMs);
  if (shown.length > 0) return Math.min(...shown);
  // Midnight is left out, once: on one side of it clocks show less, on the other side more.
  let beforeMs = midnightMs - OFFSET_MS_MAX;
  let afterMs = midnightMs + OFFSET_MS_MAX;
  while (afterMs - beforeMs > 1) {
    const middleMs = Math.floor((beforeMs + afterMs) / 2);
    if (middleMs + offsetMs(middleMs) >= midnightMs) afterMs = middleMs;
    else beforeMs = middleMs;
  }
  return afterMs;
}

/** From an instant to what clocks in the zone are ahead of UTC, both in milliseconds. */
function offsetsOf(zone: string): (instantMs: number) => number {
  const rules = IANAZone.create(zone);
  // luxon gives minutes; local mean times have seconds, which a fraction of a minute holds only about.
  return (instantMs) => Math.round(rules.offset(instantMs) * SECONDS_A_MINUTE) * MS_A_SECOND;
}

function utc(date: string): DateTime {
  return DateTime.fromISO(date, { zone: 'utc' });
}

function isoDate(day: DateTime): string {
  return day.toFormat('yyyy-MM-dd');
}
