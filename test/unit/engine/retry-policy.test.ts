/** The waits between attempts: full jitter under a doubling ceiling, and each of the three bounds. */
import { expect, test } from 'vitest';
import { defaultRetryPolicy, retryDelayMs } from '../../../src/engine/retry-policy.ts';

const policy = { attemptsMax: 5, intervalMs: 100, intervalMsMax: 500, totalMsMax: 2_000 };
const longest = () => 1;

test('the ceiling doubles up to the largest interval', () => {
  expect([1, 2, 3, 4].map((failures) => retryDelayMs(policy, failures, 0, longest))).toEqual([100, 200, 400, 500]);
});

test('the wait is anything from nothing to the ceiling', () => {
  expect(retryDelayMs(policy, 2, 0, () => 0)).toBe(0);
  expect(retryDelayMs(policy, 2, 0, () => 0.25)).toBe(50);
});

test('gives up after the last attempt, and when the time is over; no wait goes past it', () => {
  expect(retryDelayMs(policy, 5, 0)).toBeUndefined();
  expect(retryDelayMs(policy, 1, 2_000)).toBeUndefined();
  expect(retryDelayMs(policy, 4, 1_900, longest)).toBe(100);
});

test('by default a server may be away for the better part of a minute', () => {
  let total = 0;
  for (let failures = 1; failures < defaultRetryPolicy.attemptsMax; failures++) {
    total += retryDelayMs(defaultRetryPolicy, failures, 0, () => 0.5)!;
  }
  expect(total).toBeGreaterThan(45_000);
  expect(total).toBeLessThan(defaultRetryPolicy.totalMsMax);
});
