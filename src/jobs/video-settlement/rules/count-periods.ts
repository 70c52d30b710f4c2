/**
 * Which sums of counts together are everything before a date: whole years that ended long ago, whole months, and single
 * dates where nothing is summed. Pure; months are `2026-05`, years `2026`, dates `2026-05-31`.
 */
import { periodOf } from '../../../rules/business-time.ts';

/** What to add up. Labels of months and years, and dates. */
export interface CountSources {
  readonly periods: readonly string[];
  readonly dates: readonly string[];
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

export function yearOf(dateOrMonth: string): string {
  return dateOrMonth.slice(0, 4);
}

/** The months that are summed for `date`: those that have ended before its own. */
export function monthsToSum(months: readonly string[], date: string): string[] {
  return months.filter((month) => month < monthOf(date));
}

/**
 * The years that are summed for `date`. Late rows come for recent dates, and each would have the sum of its year made
 * anew: so a year is summed when another whole one has passed since.
 */
export function yearsToSum(months: readonly string[], date: string): string[] {
  const years = new Set(months.map(yearOf));
  return [...years].filter((year) => Number(year) + 1 < Number(yearOf(date)));
}

/**
 * Everything before `date`, each date once.
 * @param months those that have statistics before the date, ascending; the date's own may be among them
 * @param isSummed whether the sum of a month or year is there and true
 */
export function countSourcesBefore(
  months: readonly string[],
  date: string,
  isSummed: (period: string) => boolean,
): CountSources {
  const summedYears = new Set(yearsToSum(months, date).filter(isSummed));
  const periods = [...summedYears];
  const dates: string[] = [];
  for (const month of months) {
    if (summedYears.has(yearOf(month))) continue;
    if (month < monthOf(date) && isSummed(month)) periods.push(month);
    else dates.push(...datesOfMonth(month).filter((one) => one < date));
  }
  return { periods, dates };
}

export function datesOfMonth(month: string): string[] {
  const last = Number(periodOf(`${month}-01`, 'month').to.slice(8));
  return Array.from({ length: last }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`);
}
