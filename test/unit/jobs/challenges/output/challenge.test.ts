/** A challenge printed in pieces is one JSON object. */
import { expect, test } from 'vitest';
import { formatJson } from '../../../../../src/cli/output/json.ts';
import { challengeJsonFrame, membersJson, membersText } from '../../../../../src/jobs/challenges/output/challenge.ts';
import type { ChallengeView, MemberView } from '../../../../../src/jobs/challenges/settlement/read-challenge.ts';

const view: ChallengeView = {
  id: 7n,
  status: 'FINISHED',
  startDate: '2026-05-25',
  endDate: '2026-05-31',
  minMembers: 1,
  stake: 10n,
  thresholdPercent: 70,
  feeBp: 0,
  noWinnerPolicy: 'refund',
  escrow: 2n ** 60n,
  settlement: null,
  journals: [{ id: 3n, key: 'challenge:7:payout:1', kind: 'challenge-payout', businessDate: '2026-06-01', hash: 'ab' }],
};

function member(id: bigint): MemberView {
  const stakeJournal = `challenge:7:stake:${id}`;
  return { id, userId: id, stake: 10n, joinedAt: '2026-05-20 00:00:00.000', quitAt: null, stakeJournal, outcome: null };
}

test.each([[[]], [[[member(1n)]]], [[[member(1n), member(2n)], [member(3n)]]]])(
  'a frame around %# pages of members',
  (pages: MemberView[][]) => {
    const { before, after } = challengeJsonFrame(view);
    const text = before + pages.map((page, i) => membersJson(page, i === 0)).join('') + after;
    const { journals, ...rest } = view;
    expect(JSON.parse(text)).toEqual(JSON.parse(formatJson({ ...rest, members: pages.flat(), journals })));
    if (pages.length > 0) expect(text).toBe(formatJson({ ...rest, members: pages.flat(), journals }));
  },
);

test('of many members a person sees the first, and how to see the others', () => {
  const text = membersText(7n, [member(1n)], true);
  expect(text.split('\n')).toHaveLength(4);
  expect(text).toContain('settle explain payout --challenge 7');
});
