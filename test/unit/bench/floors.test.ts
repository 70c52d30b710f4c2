import { describe, expect, test } from 'vitest';
import { breachesOf, collectFloor } from '../../../src/bench/floors.ts';
import { ratiosOf } from '../../../src/bench/summarise.ts';
import { attempt, caseOf, contender } from './results.ts';

const ratios = ratiosOf(
  caseOf(
    [contender('a', [attempt(2)]), contender('b', [attempt(1)]), contender('c', [], 'not here')],
    [
      { name: 'own', of: 'a', against: 'b', ciFloor: 0.4 },
      { name: 'gone', of: 'a', against: 'c', ciFloor: 0.4 },
    ],
  ),
);

test('a floor is NAME=RATIO, once each', () => {
  expect(collectFloor('workers=0.9')).toEqual({ workers: 0.9 });
  expect(collectFloor('daily.workers=1', { b: 2 })).toEqual({ b: 2, 'daily.workers': 1 });
  for (const text of ['workers', 'workers=', 'workers=fast', '=1', 'workers=-1']) {
    expect(() => collectFloor(text), text).toThrow(/NAME=RATIO/);
  }
  expect(() => collectFloor('a=1', { a: 2 })).toThrow(/twice/);
});

describe('breachesOf', () => {
  test('goes by the floor of the case; what cannot run here breaks no floor that nobody asked for', () => {
    expect(breachesOf(ratios, {})).toEqual([]);
  });

  test('goes by the floor that is given, above or below that of the case', () => {
    expect(breachesOf(ratios, { own: 0.5 })).toEqual([]);
    expect(breachesOf(ratios, { 'toy.own': 0.51 })).toMatchObject([{ ratio: 'own', value: 0.5, floor: 0.51 }]);
  });

  test('what was asked for and could not be measured is no pass', () => {
    expect(breachesOf(ratios, { gone: 0.1 })).toMatchObject([{ ratio: 'gone', value: undefined }]);
  });

  test('refuses a floor of nothing', () => {
    expect(() => breachesOf(ratios, { speed: 1 })).toThrow(/no ratio speed/);
  });
});
