import { expect, test } from 'vitest';
import { planRounds } from '../../../src/bench/rounds.ts';

test('contenders take turns, another one first in each round', () => {
  const names = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  expect(planRounds(names, 3, 1)).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c', 'a'],
    ['c', 'a', 'b'],
  ]);
});

test('slow ones have rounds of their own, fewer or more', () => {
  const names = [{ name: 'a' }, { name: 'slow', isSlow: true }];
  expect(planRounds(names, 2, 1)).toEqual([['a', 'slow'], ['a']]);
  expect(planRounds(names, 1, 2)).toEqual([['a', 'slow'], ['slow']]);
  expect(planRounds([], 2, 2)).toEqual([[], []]);
});
