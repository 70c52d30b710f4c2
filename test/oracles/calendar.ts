/**
 * Calendar of the oracles: where a business date begins, and which dates a week or month has. It asks Intl for the
 * local date of an instant and searches for the boundary, so it shares no arithmetic with src/rules.
 */

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The local calendar date (`YYYY-MM-DD`) at a UTC instant in milliseconds. */
export function localDate(instantMs: number, zone: string): string {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(zone, formatter);
  }
  return formatter.format(instantMs);
}

/** First instant (ms, UTC) whose local date is `date` or later: the start of the business date. */
export function startOfDate(date: string, zone: string): number {
  const utcMidnight = Date.parse(`${date}T00:00:00.000Z`);
  let before = utcMidnight - 48 * 3_600_000;
  let atOrAfter = utcMidnight + 48 * 3_600_000;
  while (atOrAfter - before > 1) {
    const middle = Math.floor((before + atOrAfter) / 2);
    if (localDate(middle, zone) >= date) atOrAfter = middle;
    else before = middle;
  }
  return atOrAfter;
}

/** The calendar date `days` after `date`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Every date of the day, ISO week (Monday to Sunday) or calendar month that holds `date`. */
export function datesOfPeriod(date: string, period: 'day' | 'week' | 'month'): string[] {
  if (period === 'day') return [date];
  if (period === 'week') {
    const weekday = (new Date(`${date}T00:00:00.000Z`).getUTCDay() + 6) % 7;
    return Array.from({ length: 7 }, (_, index) => addDays(date, index - weekday));
  }
  const dates: string[] = [];
  for (let day = `${date.slice(0, 8)}01`; day.slice(0, 7) === date.slice(0, 7); day = addDays(day, 1)) dates.push(day);
  return dates;
}
