import { expect, test } from 'vitest';
import { ProgressState, rateOf, timeLeftMs } from '../../../../src/cli/output/progress-state.ts';

const step = 'daily-statistics';

test('a partitioned step advances by its partitions, whether they run or have ended', () => {
  const state = new ProgressState();
  state.apply({ type: 'step-started', step, rowsExpected: 300, rowsDone: 0 }, 0);
  state.apply({ type: 'partition-started', step, partition: 0, rowsExpected: 100, rowsDone: 0 }, 0);
  state.apply({ type: 'partition-started', step, partition: 1, rowsExpected: 200, rowsDone: 0 }, 0);
  state.apply({ type: 'advanced', step, partition: 0, rowsDone: 100 }, 500);
  state.apply({ type: 'partition-ended', step, partition: 0, status: 'COMPLETED' }, 500);
  state.apply({ type: 'advanced', step, partition: 1, rowsDone: 50 }, 1_000);
  const whole = state.steps.get(step)!;
  expect(whole.rowsDone).toBe(150);
  expect(rateOf(whole, 1_000)).toBe(150);
  expect(timeLeftMs(whole, 1_000)).toBe(1_000);
  expect([...state.partitions.keys()]).toEqual([`${step}:1`]);
  state.apply({ type: 'step-ended', step, status: 'COMPLETED' }, 2_000);
  expect(state.steps.size).toBe(0);
});

test('rows of an earlier run count as done but not for the rate', () => {
  const state = new ProgressState();
  state.apply({ type: 'step-started', step, rowsExpected: 1_000, rowsDone: 600 }, 0);
  state.apply({ type: 'partition-started', step, partition: 3, rowsExpected: 500, rowsDone: 100 }, 0);
  state.apply({ type: 'advanced', step, partition: 3, rowsDone: 200 }, 1_000);
  const whole = state.steps.get(step)!;
  expect(whole.rowsDone).toBe(700);
  expect(rateOf(whole, 1_000)).toBe(100);
  expect(timeLeftMs(whole, 1_000)).toBe(3_000);
});

test('an unknown total gives no time left', () => {
  const state = new ProgressState();
  state.apply({ type: 'step-started', step, rowsExpected: undefined, rowsDone: 0 }, 0);
  state.apply({ type: 'advanced', step, partition: undefined, rowsDone: 10 }, 1_000);
  expect(timeLeftMs(state.steps.get(step)!, 1_000)).toBeUndefined();
});
