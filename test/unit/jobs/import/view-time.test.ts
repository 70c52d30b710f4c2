/** The times that an import understands, and what becomes of local times where clocks change. */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { localTimeConverter } from '../../../../src/jobs/import/local-time.ts';
import { createTimeParser } from '../../../../src/jobs/import/view-time.ts';

const PACIFIC = 'America/Los_Angeles';

function iso(text: string, zone?: string): string | undefined {
  const instant = createTimeParser(zone)(text);
  return instant === undefined ? undefined : new Date(instant).toISOString();
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
  ['-1000', '1969-12-31T23:59:59.000Z'],
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
