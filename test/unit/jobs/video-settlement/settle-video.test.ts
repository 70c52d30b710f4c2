/** What is still to be posted about a closed date: new - already posted, for each creator. */
import { describe, expect, it } from 'vitest';
import { adjustmentsOf, type CreatorAmounts } from '../../../../src/jobs/video-settlement/rules/settle-video.ts';

const amounts = (creatorId: bigint | null, viewAmount: number, adAmount: number): CreatorAmounts => ({
  creatorId,
  viewAmount: BigInt(viewAmount),
  adAmount: BigInt(adAmount),
});

const cases: readonly (readonly [string, CreatorAmounts, CreatorAmounts[], CreatorAmounts[]])[] = [
  ['nothing when all is posted', amounts(7n, 10, 20), [amounts(7n, 10, 20)], []],
  ['all when nothing is', amounts(7n, 10, 20), [], [amounts(7n, 10, 20)]],
  ['the difference', amounts(7n, 12, 20), [amounts(7n, 10, 20)], [amounts(7n, 2, 0)]],
  [
    'less what was adjusted before',
    amounts(7n, 12, 25),
    [amounts(7n, 10, 20), amounts(7n, 1, 9)],
    [amounts(7n, 1, -4)],
  ],
  ['a take-back', amounts(7n, 0, 0), [amounts(7n, 10, 20)], [amounts(7n, -10, -20)]],
  ['two parts that add up to 0', amounts(7n, 9, 21), [amounts(7n, 10, 20)], [amounts(7n, -1, 1)]],
  [
    'a move from the suspense account',
    amounts(7n, 3, 0),
    [amounts(null, 3, 0)],
    [amounts(null, -3, 0), amounts(7n, 3, 0)],
  ],
  ['nothing for nothing', amounts(null, 0, 0), [], []],
];

describe('adjustments', () => {
  it.each(cases)('are %s', (_what, due, posted, expected) => {
    expect(adjustmentsOf(due, posted)).toEqual(expected);
    expect(adjustmentsOf(due, [...posted, ...expected])).toEqual([]);
  });
});
