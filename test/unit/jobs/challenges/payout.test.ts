/** Challenges: verdicts and the parts of the pot, by hand with their derivation, and money conserved for any members. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  judgeMember,
  type MemberVerdict,
  type PayoutTerms,
  PotDivision,
  PotTally,
} from '../../../../src/jobs/challenges/rules/payout.ts';
import { isSettlementDue, isStartDue, statusOnStart } from '../../../../src/jobs/challenges/rules/status.ts';
import { successPercent, totalDays } from '../../../../src/jobs/challenges/rules/success.ts';

const terms: PayoutTerms = { days: 10, startMs: 1_000, thresholdPercent: 70, feeBp: 0, noWinnerPolicy: 'refund' };
type Member = readonly [MemberVerdict, bigint];

function divide(members: readonly Member[], changes: Partial<PayoutTerms> = {}) {
  const tally = new PotTally();
  for (const [verdict, stake] of members) tally.take(verdict, stake);
  const division = new PotDivision({ ...terms, ...changes }, tally);
  return { division, payouts: members.map(([verdict, stake]) => division.next(verdict, stake)) };
}

describe('verdicts', () => {
  test.each([
    ['seven of ten days are 70 percent', { quitAtMs: null, proofDays: 7 }, { verdict: 'won', percent: 70 }],
    ['six of ten are not', { quitAtMs: null, proofDays: 6 }, { verdict: 'failed', percent: 60 }],
    ['quit a millisecond before the start: no member', { quitAtMs: 999, proofDays: 10 }, { verdict: 'withdrawn' }],
    ['quit at the start: forfeited, whatever was proved', { quitAtMs: 1_000, proofDays: 10 }, { verdict: 'quit' }],
  ] as const)('%s', (_name, member, expected) => {
    expect(judgeMember(terms, member)).toMatchObject(expected);
  });

  test('the percentage is cut, not rounded', () => {
    expect(successPercent(2, 3)).toBe(66);
    expect(successPercent(9, 13)).toBe(69); // 69.23
    expect(successPercent(199, 200)).toBe(99); // 99.5
    expect(successPercent(29, 29)).toBe(100);
    expect(successPercent(0, 5)).toBe(0);
  });

  test('days include the first and the last', () => {
    expect(totalDays('2026-06-01', '2026-06-01')).toBe(1);
    expect(totalDays('2026-05-25', '2026-06-07')).toBe(14);
    expect(totalDays('2024-02-28', '2024-03-01')).toBe(3);
  });
});

describe('status', () => {
  const challenge = { startDate: '2026-05-25', endDate: '2026-05-31' };

  test('a week that ends on a Sunday is due on 2026-06-01, a Monday and a 1st, and on every date after', () => {
    const ongoing = { ...challenge, status: 'ONGOING' } as const;
    expect(isSettlementDue(ongoing, '2026-05-31')).toBe(false);
    expect(isSettlementDue(ongoing, '2026-06-01')).toBe(true);
    expect(isSettlementDue(ongoing, '2026-06-08')).toBe(true);
    expect(isSettlementDue({ ...challenge, status: 'FINISHED' }, '2026-06-01')).toBe(false);
  });

  test('a start is due on its date and after, until it is decided', () => {
    for (const status of ['WAITING', 'READY'] as const) {
      expect(isStartDue({ ...challenge, status }, '2026-05-24')).toBe(false);
      expect(isStartDue({ ...challenge, status }, '2026-05-25')).toBe(true);
      expect(isStartDue({ ...challenge, status }, '2026-06-25')).toBe(true);
    }
    for (const status of ['ONGOING', 'FINISHED', 'CANCELLED'] as const) {
      expect(isStartDue({ ...challenge, status }, '2026-05-25')).toBe(false);
    }
  });

  test('at least the minimum of members begins', () => {
    expect(statusOnStart(2n, 3)).toBe('CANCELLED');
    expect(statusOnStart(3n, 3)).toBe('ONGOING');
    expect(statusOnStart(0n, 0)).toBe('ONGOING');
  });
});

describe('the pot, by hand', () => {
  test('7 points of four members, three of whom won with one point each: 3, 2, 2', () => {
    // Pot 4 + 3 x 1 = 7, all of it to the winners: 7/3 = 2 1/3, the point left goes to who joined first.
    const { division, payouts } = divide([
      ['failed', 4n],
      ['won', 1n],
      ['won', 1n],
      ['won', 1n],
    ]);
    expect(division).toMatchObject({ pot: 7n, forfeited: 4n, fee: 0n, house: 0n, distributable: 7n });
    expect(payouts.map(({ amount }) => amount)).toEqual([0n, 3n, 2n, 2n]);
  });

  test('a fee of 250 basis points of 4,999 forfeited is 124', () => {
    // 4,999 x 0.025 = 124.975, cut. 5,000 + 4,999 - 124 = 9,875 for the one winner.
    const { division, payouts } = divide(
      [
        ['won', 5_000n],
        ['failed', 4_999n],
      ],
      { feeBp: 250 },
    );
    expect(division).toMatchObject({ forfeited: 4_999n, fee: 124n, distributable: 9_875n });
    expect(payouts[0].amount).toBe(9_875n);
  });

  test('a quitter: the stake stays in the pot; one who quit before the start gets it back', () => {
    // Pot 100 + 50 + 30 = 180 without the 40 of the one who withdrew; winners 100 : 50.
    const { division, payouts } = divide([
      ['withdrawn', 40n],
      ['won', 100n],
      ['quit', 30n],
      ['won', 50n],
    ]);
    expect(division.pot).toBe(180n);
    expect(payouts.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['refund', 40n],
      ['payout', 120n],
      ['none', 0n],
      ['payout', 60n],
    ]);
  });

  test('no winner, policy refund: who stayed gets the stake back, quitters pay the house, no fee', () => {
    const members: Member[] = [
      ['failed', 10n],
      ['quit', 7n],
      ['failed', 5n],
    ];
    const { division, payouts } = divide(members, { feeBp: 1_000 });
    expect(division).toMatchObject({ pot: 22n, fee: 0n, house: 7n, refunded: 15n, distributable: 0n });
    expect(payouts.map(({ amount }) => amount)).toEqual([10n, 0n, 5n]);
  });

  test('no winner, policy house: everything is the house’s', () => {
    const members: Member[] = [
      ['failed', 10n],
      ['quit', 7n],
    ];
    const { division, payouts } = divide(members, { noWinnerPolicy: 'house', feeBp: 1_000 });
    expect(division).toMatchObject({ pot: 17n, fee: 0n, house: 17n, refunded: 0n });
    expect(payouts.every(({ amount }) => amount === 0n)).toBe(true);
  });

  test('nobody at all: nothing moves', () => {
    expect(divide([]).division).toMatchObject({ pot: 0n, fee: 0n, house: 0n, refunded: 0n, distributable: 0n });
  });
});

const member = fc.tuple(
  fc.constantFrom<MemberVerdict>('withdrawn', 'quit', 'failed', 'won'),
  fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 2n ** 40n)),
);

test('money is conserved, and no winner gets less than the stake', () => {
  const changes = fc.record({
    feeBp: fc.integer({ min: 0, max: 10_000 }),
    noWinnerPolicy: fc.constantFrom('refund' as const, 'house' as const),
  });
  fc.assert(
    fc.property(fc.array(member, { maxLength: 30 }), changes, (members, policy) => {
      const { division, payouts } = divide(members, policy);
      const paid = payouts.reduce((sum, { amount }) => sum + amount, 0n);
      const staked = members.reduce((sum, [, stake]) => sum + stake, 0n);
      expect(division.fee + division.house + paid).toBe(staked);
      members.forEach(([verdict, stake], i) => {
        if (verdict === 'won') expect(payouts[i].amount >= stake).toBe(true);
        if (verdict === 'quit') expect(payouts[i].amount).toBe(0n);
        if (verdict === 'withdrawn') expect(payouts[i].amount).toBe(stake);
      });
    }),
  );
});
