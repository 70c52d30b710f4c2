import { describe, expect, test } from 'vitest';
import {
  formatCount,
  formatDuration,
  formatInstant,
  formatNumbered,
  formatPercent,
  formatRate,
} from '../../../../src/cli/output/format.ts';

describe('formatCount', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
    [-1_000, '-1,000'],
    [-123, '-123'],
    [9_223_372_036_854_775_807n, '9,223,372,036,854,775,807'],
  ])('%s', (count, text) => expect(formatCount(count)).toBe(text));
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [245_000, '4 min 05 s'],
    [3_599_900, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('%d ms', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

test('formatRate says nothing where there is nothing to say', () => {
  expect(formatRate(0, 100)).toBe('-');
  expect(formatRate(100, 0)).toBe('-');
  expect(formatRate(32_000_000, 16_000)).toBe('2,000,000');
});

test('formatPercent never says 100 before the end', () => {
  expect(formatPercent(1, undefined)).toBe('-');
  expect(formatPercent(0, 0)).toBe('100 %');
  expect(formatPercent(9_999, 10_000)).toBe('99 %');
  expect(formatPercent(11, 10)).toBe('100 %');
});

test('formatInstant is UTC to the second', () => {
  expect(formatInstant(new Date('2026-11-20T15:00:00.999Z'))).toBe('2026-11-20 15:00:00');
  expect(formatInstant(undefined)).toBe('-');
});

test('formatNumbered', () => {
  expect([0, 1, 2_000].map((count) => formatNumbered(count, 'partition'))).toEqual([
    '0 partitions',
    '1 partition',
    '2,000 partitions',
  ]);
});
