/**
 * Day count fractions, by the 2006 ISDA Definitions, section 4.16: (b) Actual/Actual, (d) Actual/365 (Fixed),
 * (e) Actual/360, (f) 30/360, (g) 30E/360. Which paragraph is which: FpML's coding scheme `day-count-fraction`, which quotes
 * the section; what (f) and (g) give for 22 periods: ISDA's spreadsheet 30-360-2006ISDADefs.xls (isda.org, "30/360 Day
 * Count Conventions", 22 December 2008), which the tests repeat. (f) knows no end of February. Interest accrues day by day, so a fraction here is a sum over single days
 * [d, d + 1). Counted in units of which `unitsAYear` are one year, so that every sum is a whole number. Pure.
 */
import { civilOf, isLeapYear, serialOf } from './calendar.ts';

export const dayCounts = ['ACT/365F', 'ACT/360', 'ACT/ACT', '30/360', '30E/360'] as const;
export type DayCount = (typeof dayCounts)[number];

/** Units of one year. ACT/ACT has days of 365 and of 366 to the year: a day is 366 or 365 units of their product. */
export const unitsAYear: Readonly<Record<DayCount, number>> = {
  'ACT/365F': 365,
  'ACT/360': 360,
  'ACT/ACT': 365 * 366,
  '30/360': 360,
  '30E/360': 360,
};

/**
 * Units of the days from `from` on, before `to` (days since 1970-01-01): the sum of the single days' fractions. It only
 * depends on both ends, so a run of days costs as much as one of them.
 */
export function unitsBetween(dayCount: DayCount, from: number, to: number): number {
  return unitsThrough(dayCount, to) - unitsThrough(dayCount, from);
}

/** Units from some fixed day on until the start of `day`. */
function unitsThrough(dayCount: DayCount, day: number): number {
  switch (dayCount) {
    case 'ACT/365F':
    case 'ACT/360':
      return day;
    case 'ACT/ACT':
      return actualActual(day);
    case '30/360':
    case '30E/360':
      return thirtyDays(day);
  }
}

/**
 * (b): days that lie in a leap year count 1/366, the others 1/365; so in units of 1/(365 * 366) every whole year has
 * 365 * 366 of them.
 */
function actualActual(day: number): number {
  const { year } = civilOf(day);
  const dayOfYear = day - serialOf({ year, month: 1, day: 1 });
  return (year - 1970) * unitsAYear['ACT/ACT'] + dayOfYear * (isLeapYear(year) ? 365 : 366);
}

/**
 * (f) and (g) of a single day [d, d + 1) are the same. D1 = 31 counts as 30 in both. D2 = 31 counts as 30 in (g), and in
 * (f) where D1 is 30 or 31: the only day before a 31st is a 30th. So [30, 31) is nothing, [31, 1) one day, the last day of
 * February as many as the month lacks, and the days of any month add up to 30.
 */
function thirtyDays(day: number): number {
  const { year, month, day: dayOfMonth } = civilOf(day);
  return 360 * year + 30 * month + Math.min(dayOfMonth, 30);
}
