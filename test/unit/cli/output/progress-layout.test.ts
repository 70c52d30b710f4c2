/** The longest usual line fits from 80 columns on. */
import { expect, test } from 'vitest';
import { barLayout, barName } from '../../../../src/cli/output/progress-layout.ts';

test.each([
  [80, ' 99 %  12,345,678 rows  1,234,567 rows/s  12.3 s left'],
  [110, ' 99 %  123,456,789 rows  12,345,678 rows/s  59 min 59 s left'],
  [200, ' 99 %  1,234,567,890 rows  12,345,678 rows/s  59 min 59 s left'],
])('on %i columns', (columns, numbers) => {
  const { name, bar } = barLayout(columns);
  expect(`${'x'.repeat(name)} [${'#'.repeat(bar)}] ${numbers}`.length).toBeLessThanOrEqual(columns);
  expect(name).toBeGreaterThanOrEqual('daily-statistics'.length);
});

test('a bar is never gone, and never longer than it helps', () => {
  expect(barLayout(20).bar).toBe(5);
  expect(barLayout(undefined).bar).toBe(5);
  expect(barLayout(500).bar).toBe(30);
});

test.each([
  [{ step: 'numbers', partition: undefined, host: undefined }, 'numbers'],
  [{ step: 'numbers', partition: 31, host: undefined }, '  partition 31'],
  [{ step: 'numbers', partition: 31, host: 'host-b' }, '  31 on host-b'],
  [{ step: 'numbers', partition: 31, host: 'settle-worker-7d9f8-x2k4p' }, '  31 on .9f8-x2k4p'],
])('%j is named %s', (track, name) => {
  expect(barName(track, 18)).toBe(name);
  expect(barName(track, 18).length).toBeLessThanOrEqual(18);
});
