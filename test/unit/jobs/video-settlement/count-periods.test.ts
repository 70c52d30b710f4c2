/** Which sums are everything before a date: each date once, in few pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countSourcesBefore,
  datesOfMonth,
  monthOf,
  monthsToSum,
  yearsToSum,
} from '../../../../src/jobs/video-settlement/rules/count-periods.ts';
import { addDays } from '../../../../src/rules/business-time.ts';

/** All months from one to the month of a date. */
function monthsThrough(first: string, date: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= monthOf(date); month = monthOf(addDays(datesOfMonth(month).at(-1) as string, 1))) {
    months.push(month);
  }
  return months;
}

describe('the sources of counts before a date', () => {
  it('are years that ended long ago, months that have ended, and the dates of its own month', () => {
    const months = monthsThrough('2023-11', '2026-03-04');
    const { periods, dates } = countSourcesBefore(months, '2026-03-04', () => true);
    expect(periods).toEqual(['2023', '2024', ...monthsThrough('2025-01', '2026-02-01')]);
    expect(dates).toEqual(['2026-03-01', '2026-03-02', '2026-03-03']);
    expect(monthsToSum(months, '2026-03-04')).toEqual(months.slice(0, -1));
    expect(yearsToSum(months, '2026-03-04')).toEqual(['2023', '2024']);
    expect(yearsToSum(months, '2024-12-31')).toEqual([]);
  });

  it('are single dates where nothing is summed, and nothing where there are no statistics', () => {
    expect(countSourcesBefore(['2024-02'], '2026-06-01', () => false)).toEqual({
      periods: [],
      dates: datesOfMonth('2024-02'),
    });
    expect(datesOfMonth('2024-02')).toHaveLength(29);
    expect(countSourcesBefore([], '2026-06-01', () => true)).toEqual({ periods: [], dates: [] });
  });

  it('hold each date before it once, whatever is summed', () => {
    const date = fc.integer({ min: 0, max: 2000 }).map((days) => addDays('2021-07-15', days));
    fc.assert(
      fc.property(date, fc.func(fc.boolean()), (day, isSummed) => {
        const months = monthsThrough('2021-07', day);
        const { periods, dates } = countSourcesBefore(months, day, isSummed);
        const inside = (period: string) => months.filter((month) => month.startsWith(period)).flatMap(datesOfMonth);
        const all = [...periods.flatMap(inside), ...dates].sort();
        expect(all).toEqual(months.flatMap(datesOfMonth).filter((one) => one < day));
      }),
      { numRuns: 50 },
    );
  });

  it('are at most 30 dates and 23 months, and a year each, when all is summed', () => {
    for (const day of ['2026-12-31', '2027-01-01', '2027-01-31', '2028-02-29']) {
      const { periods, dates } = countSourcesBefore(monthsThrough('2000-01', day), day, () => true);
      expect(dates.length).toBeLessThanOrEqual(30);
      expect(periods.filter((period) => period.length === 7).length).toBeLessThanOrEqual(23);
      expect(periods.length).toBeLessThanOrEqual(23 + 28);
    }
  });
});
