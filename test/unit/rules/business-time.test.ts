/** Business dates, ISO weeks and months, on the dates where calendars go wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  businessDateOf,
  businessDay,
  parseBusinessDate,
  periodOf,
  requireZone,
} from '../../../src/rules/business-time.ts';
import { startOfDate } from '../../oracles/calendar.ts';

const hour = 3_600_000;

describe('businessDay', () => {
  it('is [00:00, next 00:00) in the zone', () => {
    const day = businessDay('2026-11-20', 'Asia/Seoul');
    expect(new Date(day.startMs).toISOString()).toBe('2026-11-19T15:00:00.000Z');
    expect(new Date(day.endMs).toISOString()).toBe('2026-11-20T15:00:00.000Z');
  });

  it.each([
    ['2014-03-09', 'America/Los_Angeles', 23],
    ['2014-11-02', 'America/Los_Angeles', 25],
    // Seoul had summer time in 1987 and 1988.
    ['1988-05-08', 'Asia/Seoul', 23],
    ['1988-10-09', 'Asia/Seoul', 25],
    // Lord Howe moves its clocks by half an hour.
    ['2026-04-05', 'Australia/Lord_Howe', 24.5],
    // Here midnight itself is skipped, and there it comes twice.
    ['2018-11-04', 'America/Sao_Paulo', 23],
    ['2026-11-01', 'America/Havana', 25],
  ])('%s in %s has %d hours', (date, zone, hours) => {
    const { startMs, endMs } = businessDay(date, zone);
    expect((endMs - startMs) / hour).toBe(hours);
    expect(businessDateOf(startMs, zone)).toBe(date);
    expect(businessDateOf(startMs - 1, zone)).toBe(addDays(date, -1));
    expect(businessDateOf(endMs - 1, zone)).toBe(date);
  });

  it('tiles the time line and agrees with an independent calendar', () => {
    const zones = ['Asia/Seoul', 'America/Los_Angeles', 'America/Sao_Paulo', 'Europe/London', 'Pacific/Apia', 'UTC'];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 25_000 }), fc.constantFrom(...zones), (days, zone) => {
        const date = addDays('1970-01-02', days);
        // Apia skipped a whole date in 2011; a date that was never there has no length.
        const { startMs, endMs } = businessDay(date, zone);
        expect(businessDay(addDays(date, 1), zone).startMs).toBe(endMs);
        if (!(zone === 'Pacific/Apia' && date === '2011-12-30')) expect(startMs).toBe(startOfDate(date, zone));
      }),
      { numRuns: 500 },
    );
  });
});

describe('periodOf', () => {
  it.each([
    ['2024-12-30', '2025-W01', '2024-12-30', '2025-01-05'],
    ['2026-12-31', '2026-W53', '2026-12-28', '2027-01-03'],
    ['2027-01-03', '2026-W53', '2026-12-28', '2027-01-03'],
    ['2027-01-04', '2027-W01', '2027-01-04', '2027-01-10'],
  ])('%s lies in week %s', (date, label, from, to) => {
    expect(periodOf(date, 'week')).toEqual({ kind: 'week', label, from, to });
  });

  it('takes a month from its first to its last date', () => {
    expect(periodOf('2028-02-10', 'month')).toEqual({
      kind: 'month',
      label: '2028-02',
      from: '2028-02-01',
      to: '2028-02-29',
    });
  });

  // Trap 3 of the domain: both the week and the month begin, and the ones before both end.
  it.each(['2026-06-01', '2027-02-01', '2027-03-01'])('%s begins a week and a month', (monday) => {
    expect(periodOf(monday, 'week').from).toBe(monday);
    expect(periodOf(monday, 'month').from).toBe(monday);
    const sunday = addDays(monday, -1);
    expect(periodOf(sunday, 'week').to).toBe(sunday);
    expect(periodOf(sunday, 'month').to).toBe(sunday);
  });
});

describe('parseBusinessDate and requireZone', () => {
  it.each(['2026-02-29', '9999-12-31', '2026-13-01', '20261120', '2026-1-1', 'today', '', '2026-11-20T00:00'])(
    'refuse %j',
    (text) => {
      expect(() => parseBusinessDate(text)).toThrow(/is not a date/);
    },
  );

  it('take a leap day and a known zone', () => {
    expect(parseBusinessDate('2028-02-29')).toBe('2028-02-29');
    expect(requireZone('Asia/Seoul')).toBe('Asia/Seoul');
    expect(() => requireZone('Asia/Soul')).toThrow(/unknown time zone 'Asia\/Soul'/);
  });
});
