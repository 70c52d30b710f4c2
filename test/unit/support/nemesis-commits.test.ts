/** The checker of the nemesis finds what it is there to find. */
import { expect, test } from 'vitest';
import { problemsOf } from '../../support/nemesis/commits.ts';

const plan = [
  { partition: 0, minId: 1, maxId: 4 },
  { partition: 1, minId: 5, maxId: 8 },
];
const commits = (...all: [partition: number, stepExecutionId: number, fromId: number, toId: number][]) =>
  all.map(([partition, stepExecutionId, fromId, toId], at) => ({
    commitNo: at + 1,
    partition,
    stepExecutionId,
    fromId,
    toId,
  }));

test.each([
  ['a clean run', commits([0, 10, 1, 2], [1, 11, 5, 8], [0, 10, 3, 4]), []],
  ['a takeover', commits([0, 10, 1, 2], [1, 11, 5, 8], [0, 12, 3, 4]), []],
  ['a chunk twice', commits([0, 10, 1, 2], [0, 12, 1, 4], [1, 11, 5, 8]), [/committed 1 to 4, a second time$/]],
  [
    'a chunk lost',
    commits([0, 10, 1, 2], [1, 11, 5, 6], [1, 11, 8, 8]),
    [/3 to 4 are missing$/, /7 to 7 are missing$/],
  ],
  [
    'a paused worker that commits after its successor',
    commits([0, 10, 1, 1], [0, 12, 2, 2], [0, 10, 3, 4], [1, 11, 5, 8]),
    [/execution 10 committed 3 to 4 after execution 12, which came later$/],
  ],
  ['a chunk of nobody', commits([0, 10, 1, 4], [1, 11, 5, 8], [2, 12, 9, 9]), [/partition 2 is not in the plan/]],
  ['rows of another partition', commits([0, 10, 1, 5], [1, 11, 5, 8]), [/5 to 5 are not in it$/]],
])('%s', (_what, found, problems) => {
  const all = problemsOf(found, plan);
  expect(all).toHaveLength(problems.length);
  for (const problem of problems) expect(all).toContainEqual(expect.stringMatching(problem));
});
