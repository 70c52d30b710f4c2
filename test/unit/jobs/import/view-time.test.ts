/** The times that an import understands, and what becomes of local times where clocks change. */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { localTimeConverter } from '../../../../src/jobs/import/local-time.ts';
import {
  createDateParser,
  createTimeParser,
  isUsualYear,
  type TimeUnit,
  timeUnits,
} from '../../../../src/jobs/import/view-time.ts';

const PACIFIC = 'America/Los_Angeles';

function iso(text: string, zone?: string, unit?: TimeUnit): string | undefined {
  const instant = createTimeParser(zone, unit)(text);
  return typeof instant === 'number' ? new Date(instant).toISOString() : undefined;
}

/** The problem and what to do about it. */
function problem(text: string, unit?: TimeUnit): string {
  const found = createTimeParser(undefined, unit)(text);
  return typeof found === 'number' ? `is ${found}` : `${found.problem}; ${found.hint ?? ''}`;
}

test.each([
  ['2024-02-29T12:34:56Z', '2024-02-29T12:34:56.000Z'],
  ['2024-02-29 12:34:56.7', '2024-02-29T12:34:56.700Z'],
  ['2024-02-29T12:34:56.123999', '2024-02-29T12:34:56.123Z'],
  ['2024-02-29T12:34', '2024-02-29T12:34:00.000Z'],
  ['2024-02-29T12:34:56+09:00', '2024-02-29T03:34:56.000Z'],
  ['2024-02-29 12:34:56 -0330', '2024-02-29T16:04:56.000Z'],
  ['2024-02-29T12:34:56+09', '2024-02-29T03:34:56.000Z'],
  ['1709210096123', '2024-02-29T12:34:56.123Z'],
])('%s is %s', (text, expected) => {
  expect(iso(text)).toBe(expected);
});

test.each([
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-00-10T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T10:60:00Z',
  '2024-01-01',
  '01.02.2024 10:00',
  'yesterday',
  '2024-01-01T10:00:00+25:00',
  '0000-00-00 00:00:00',
  '0999-12-31T00:00:00Z',
  '999999999999999',
  '-1000',
  '1e12',
])('%s is no time', (text) => {
  expect(iso(text)).toBeUndefined();
});

describe('times without an offset, in a zone', () => {
  test.each([
    ['2014-01-01T00:14:00', '2014-01-01T08:14:00.000Z'],
    ['2014-07-01T00:14:00', '2014-07-01T07:14:00.000Z'],
    // Set back at 02:00: this one comes twice, the first is meant.
    ['2014-11-02T01:30:00', '2014-11-02T08:30:00.000Z'],
    ['2014-11-02T00:59:59.999', '2014-11-02T07:59:59.999Z'],
    ['2014-11-02T02:00:00', '2014-11-02T10:00:00.000Z'],
    // Set forward at 02:00: this one does not exist, and is an hour later.
    ['2014-03-09T02:30:00', '2014-03-09T10:30:00.000Z'],
    ['2014-03-09T01:59:59', '2014-03-09T09:59:59.000Z'],
    ['2014-03-09T03:00:00', '2014-03-09T10:00:00.000Z'],
  ])('%s in Los Angeles is %s', (text, expected) => {
    expect(iso(text, PACIFIC)).toBe(expected);
  });

  test('an offset or Z in the text wins over the zone', () => {
    expect(iso('2014-07-01T00:14:00Z', PACIFIC)).toBe('2014-07-01T00:14:00.000Z');
    expect(iso('2014-07-01T00:14:00+01:00', PACIFIC)).toBe('2014-06-30T23:14:00.000Z');
  });

  test.each([PACIFIC, 'Asia/Seoul', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia'])(
    'every existing local time of %s comes back, the earlier instant where there are two',
    (zone) => {
      const convert = localTimeConverter(zone);
      const instant = fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2030, 0, 1) });
      fc.assert(
        fc.property(instant, (ms) => {
          const localMs = DateTime.fromMillis(ms, { zone }).setZone('utc', { keepLocalTime: true }).toMillis();
          const back = convert(localMs);
          const again = DateTime.fromMillis(back, { zone }).setZone('utc', { keepLocalTime: true }).toMillis();
          expect(again).toBe(localMs);
          expect(back).toBeLessThanOrEqual(ms);
        }),
        { numRuns: 200 },
      );
    },
  );
});

describe('numbers', () => {
  test.each<[TimeUnit, string, string]>([
    ['seconds', '1763607600', '2025-11-20T03:00:00.000Z'],
    ['seconds', '1763607600.1239', '2025-11-20T03:00:00.123Z'],
    ['seconds', '-1.5', '1969-12-31T23:59:58.500Z'],
    ['milliseconds', '1763607600123', '2025-11-20T03:00:00.123Z'],
    ['milliseconds', '-1000', '1969-12-31T23:59:59.000Z'],
    ['microseconds', '1763607600123999', '2025-11-20T03:00:00.123Z'],
    ['microseconds', '-1', '1969-12-31T23:59:59.999Z'],
    ['microseconds', '-1000', '1969-12-31T23:59:59.999Z'],
    ['nanoseconds', '1763607600123999999', '2025-11-20T03:00:00.123Z'],
    ['compact', '20261120030000', '2026-11-20T03:00:00.000Z'],
    ['compact', '20261120030000.5', '2026-11-20T03:00:00.500Z'],
    ['compact', '20261120030000123', '2026-11-20T03:00:00.123Z'],
    ['compact', '202611200300', '2026-11-20T03:00:00.000Z'],
    ['compact', '20261120', '2026-11-20T00:00:00.000Z'],
    ['compact', '20261120T030000Z', '2026-11-20T03:00:00.000Z'],
    ['compact', '20261120T030000+0900', '2026-11-19T18:00:00.000Z'],
    // What is no number is read as ever.
    ['seconds', '2026-11-20 03:00:00', '2026-11-20T03:00:00.000Z'],
    ['compact', '2026-11-20 03:00:00', '2026-11-20T03:00:00.000Z'],
  ])('%s: %s is %s', (unit, text, expected) => {
    expect(iso(text, undefined, unit)).toBe(expected);
  });

  test('compact times are local times of the zone', () => {
    expect(iso('20261120030000', 'Asia/Seoul', 'compact')).toBe('2026-11-19T18:00:00.000Z');
    expect(iso('20261120', 'Asia/Seoul', 'compact')).toBe('2026-11-19T15:00:00.000Z');
  });

  test.each<[TimeUnit, string]>([
    ['compact', '20261320'],
    ['compact', '2026112003'],
    ['compact', '202611200300001'],
    ['compact', '1763607600'],
    ['seconds', '1763607600123'],
    ['nanoseconds', '9'.repeat(40)],
    ['milliseconds', '9'.repeat(20)],
  ])('%s: %s is no time', (unit, text) => {
    expect(problem(text, unit)).toMatch(/is not a time; $/);
  });

  test.each([
    ['1763607600', 'seconds', '2025-11-20 03:00:00'],
    ['1763607600.5', 'seconds', '2025-11-20 03:00:00'],
    ['1763607600123.5', 'milliseconds', '2025-11-20 03:00:00'],
    ['1763607600123456', 'microseconds', '2025-11-20 03:00:00'],
    ['1763607600123456789', 'nanoseconds', '2025-11-20 03:00:00'],
    ['20261120030000', 'compact', '2026-11-20 03:00:00'],
    ['202611200300', 'compact', '2026-11-20 03:00:00'],
    ['20261120', 'compact', '2026-11-20 00:00:00'],
  ])('%s without a unit is refused as %s', (text, unit, shown) => {
    expect(problem(text)).toBe(`"${text}" is a time only as ${unit}, ${shown} UTC; --time-unit ${unit} reads it so`);
  });

  test.each(['0', '-1000', '253402300799', '99991231235959', '1'])('%s without a unit is refused', (text) => {
    expect(problem(text)).toMatch(/no unit makes it a time of 2000 to 2100; --time-unit says what it is: seconds, /);
  });

  test('no number is a time of 2000 to 2100 in two units', () => {
    const anyYear = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2101, 0, 1) - 1 });
    const written = fc.tuple(anyYear, fc.constantFrom(...timeUnits)).map(([ms, unit]) => {
      const compact = new Date(ms).toISOString().replace(/\D/g, '');
      const digits = { seconds: `${Math.floor(ms / 1000)}`, milliseconds: `${ms}`, microseconds: `${ms}000`, compact };
      return unit === 'nanoseconds' ? `${ms}000000` : unit === 'compact' ? compact.slice(0, 14) : digits[unit];
    });
    fc.assert(
      fc.property(written, (text) => {
        const usual = timeUnits.filter((unit) => {
          const instant = createTimeParser(undefined, unit)(text);
          return typeof instant === 'number' && isUsualYear(instant);
        });
        expect(usual).toHaveLength(1);
      }),
    );
  });
});

test('dates: compact ones need the unit', () => {
  expect(createDateParser()('2026-11-20')).toBe('2026-11-20');
  expect(createDateParser('compact')('20261120')).toBe('2026-11-20');
  expect(createDateParser('compact')('2026-11-20')).toBe('2026-11-20');
  expect(createDateParser()('20261120')).toEqual({
    problem: '"20261120" is a date only as 2026-11-20',
    hint: '--time-unit compact reads it so',
  });
  for (const text of ['20261320', '2026-02-30', '1763607600', '']) {
    expect(createDateParser('compact')(text)).toEqual({ problem: `${JSON.stringify(text)} is not a date` });
  }
});
