import { describe, expect, test } from 'vitest';
import { figuresOf, rateOf, ratiosOf, spreadOf } from '../../../src/bench/summarise.ts';
import { attempt, caseOf, contender } from './results.ts';

describe('spreadOf', () => {
  test('sorts by number, and takes the middle or the mean of the middle two', () => {
    expect(spreadOf([10, 9, 100])).toEqual({ min: 9, median: 10, max: 100 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 });
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
  });

  test('passes over what was not measured', () => {
    expect(spreadOf([undefined, 0, undefined])).toEqual({ min: 0, median: 0, max: 0 });
    expect(spreadOf([undefined])).toBeUndefined();
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('ratiosOf', () => {
  const ratios = [{ name: 'a-b', of: 'a', against: 'b', target: 2 }];

  test('compares rates, not seconds: contenders may do unequal numbers of rows', () => {
    const [ratio] = ratiosOf(
      caseOf([contender('a', [attempt(1)]), contender('b', [attempt(4, { rows: 2000 })])], ratios),
    );
    expect(ratio).toMatchObject({ value: 2, isReached: true });
  });

  test('leaves wrong and failed attempts out', () => {
    const wrong = attempt(0.001, { wrong: 'read too little' });
    const failed = attempt(0, { failed: 'it broke' });
    expect(rateOf(contender('a', [wrong, attempt(2), failed]))).toBe(500);
    const [ratio] = ratiosOf(caseOf([contender('a', [wrong]), contender('b', [failed])], ratios));
    expect(ratio.value).toBeUndefined();
    expect(ratio.isReached).toBeUndefined();
    expect(ratio.why).toBe('a is wrong; b failed');
  });

  test('says who is missing', () => {
    const [ratio] = ratiosOf(caseOf([contender('a', [attempt(1)]), contender('b', [], 'no Java')], ratios));
    expect(ratio.why).toBe('b is missing');
  });
});

test('figuresOf bounds the median, of the contenders that are meant', () => {
  const figures = [{ name: 'pause', label: 'pause', unit: 'ms', atMost: 50, of: ['a'] }];
  const paused = [10, 40, 90].map((pause) => attempt(1, { figures: { pause } }));
  const result = caseOf([contender('a', paused), contender('b', paused)], [], { figures });
  expect(figuresOf(result)).toMatchObject([{ contender: 'a', spread: { min: 10, median: 40, max: 90 }, isHeld: true }]);
  const late = [contender('a', [attempt(1, { figures: { pause: 51 } })])];
  expect(figuresOf({ ...result, contenders: late })).toMatchObject([{ isHeld: false }]);
});
