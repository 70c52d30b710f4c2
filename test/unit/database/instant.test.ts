import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daysFromCivil, instantText, parseInstant } from '../../../src/database/instant.ts';

test('every instant comes back from its text', () => {
  const range = { min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) };
  fc.assert(fc.property(fc.integer(range), (ms) => parseInstant(instantText(ms)) === ms));
  fc.assert(
    fc.property(fc.integer(range), (ms) => {
      const iso = new Date(ms).toISOString();
      return instantText(ms) === `${iso.slice(0, 10)} ${iso.slice(11, 23)}`;
    }),
  );
  expect(instantText(Date.UTC(-1, 12, 1))).toBe('0000-01-01 00:00:00.000');
});

test('days agree with Date over the whole calendar', () => {
  for (let day = -719_528; day < 2_932_896; day += 101) {
    const date = new Date(day * 86_400_000);
    expect(daysFromCivil(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
  }
});

test.each([
  ['2026-03-01 12:34:56.789', Date.UTC(2026, 2, 1, 12, 34, 56, 789)],
  ['2026-03-01 12:34:56', Date.UTC(2026, 2, 1, 12, 34, 56)],
  ['2026-03-01T12:34:56Z', Date.UTC(2026, 2, 1, 12, 34, 56)],
  ['2026-03-01T12:34:56.7Z', Date.UTC(2026, 2, 1, 12, 34, 56, 700)],
  ['2026-03-01 12:34:56.789999', Date.UTC(2026, 2, 1, 12, 34, 56, 789)],
  ['1969-12-31 23:59:59.999', -1],
  ['1000-01-01', Date.UTC(1000, 0, 1)],
  ['2024-02-29 00:00:00.000', Date.UTC(2024, 1, 29)],
])('%s', (text, ms) => {
  expect(parseInstant(text)).toBe(ms);
});

test.each([
  '',
  'yesterday',
  '2026-03-01 12:34',
  '2026-03-01 24:00:00',
  '2026-03-01 12:60:00',
  '2026-02-29 00:00:00',
  '2026-13-01 00:00:00',
  '2026-00-10 00:00:00',
  '0000-00-00 00:00:00',
  '2026-03-01 12:34:56.',
  '2026-03-01 12:34:56.12x',
  '2026-03-01 12:34:56.1234567890',
  '2026-03-01_12:34:56',
  '2026-03-01 12:34:56+09:00',
  ' 2026-03-01 12:34:56',
])('"%s" is no time', (text) => {
  expect(parseInstant(text)).toBeNaN();
});

test('instants outside of four-digit years are refused', () => {
  expect(() => instantText(Date.UTC(10_000, 0, 1))).toThrow(RangeError);
  expect(() => instantText(Number.NaN)).toThrow(RangeError);
  expect(() => instantText(0.5)).toThrow(RangeError);
});
