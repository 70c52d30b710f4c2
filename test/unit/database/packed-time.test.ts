/** Each packed instant has one text only: what is hashed from it is what is stored. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packDateText, packDatetimeText } from '../../../src/database/packed-time.ts';

const days = { min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) };
const textOf = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);

test('later is larger', () => {
  fc.assert(
    fc.property(fc.integer(days), fc.integer(days), (a, b) => {
      expect(Math.sign(packDatetimeText(textOf(a)) - packDatetimeText(textOf(b)))).toBe(Math.sign(a - b));
    }),
  );
});

test('every date is one, and midnight is its time', () => {
  fc.assert(
    fc.property(fc.integer(days), (ms) => {
      const date = textOf(ms).slice(0, 10);
      expect(packDateText(date)).toBe(packDatetimeText(`${date} 00:00:00.000`));
    }),
  );
  expect(packDateText('2024-02-29')).toBeGreaterThan(packDateText('2024-02-28'));
});

test.each([
  '2026-11-19 12:00:00.000',
  '2026-01-33',
  '2026-00-33',
  '2026-01-00',
  '2026-13-01',
  '2026-02-29',
  '2026-04-31',
  '2026-1-01',
  '2026-01-01 ',
  '2026-01-01\n',
])('%j is no date', (text) => {
  expect(packDateText(text)).toBeNaN();
});

test.each([
  '2027-01-01',
  '2027-01-01 00:00:00',
  '2027-01-01 00:00:64.000',
  '2027-01-01 00:64:00.000',
  '2027-01-01 24:00:00.000',
  '2027-02-29 00:00:00.000',
  '2027-01-01 00:00:00.0000',
  '2027-01-01T00:00:00.000',
])('%j is no time', (text) => {
  expect(packDatetimeText(text)).toBeNaN();
});
