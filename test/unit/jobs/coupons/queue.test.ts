/** Laws of a queue: whatever order requests arrive in, whatever is read when, the same users get the same places. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePromises, userOfMember } from '../../../../src/jobs/coupons/rules/promises.ts';
import { CouponQueue, compareRequests, judgeAfterwards } from '../../../../src/jobs/coupons/rules/queue.ts';
import { allocate } from '../../../oracles/coupon-allocation.ts';

const terms = { quota: 3n, opensAtMs: 10, closesAtMs: 30 };
const requests = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 40 }),
      user: fc.integer({ min: -2, max: 9 }),
      atMs: fc.integer({ min: 5, max: 35 }),
    }),
    {
      selector: ({ id }) => id,
      maxLength: 25,
    },
  )
  .map((all) => all.map(({ id, user, atMs }) => ({ id: BigInt(id), userId: BigInt(user), atMs })));
const quotas = fc.bigInt({ min: 0n, max: 8n });

function decide(all: readonly { id: bigint; userId: bigint; atMs: number }[], quota: bigint) {
  const queue = new CouponQueue({ ...terms, quota });
  const verdicts = all.toSorted(compareRequests).map((one) => [one.id, queue.take(one)] as const);
  return { queue, verdicts };
}

describe('a queue', () => {
  test('gives what plain loops give, whatever the order of arrival, and never more than there is', () => {
    fc.assert(
      fc.property(requests, quotas, fc.integer(), (all, quota, turn) => {
        const arrived = all.toSorted(
          (a, b) => Number((a.id * BigInt(turn)) % 41n) - Number((b.id * BigInt(turn)) % 41n),
        );
        const { queue, verdicts } = decide(arrived, quota);
        const coupon = { id: 1n, quota, opensAt: terms.opensAtMs, closesAt: terms.closesAtMs };
        const expected = allocate(
          [coupon],
          all.map(({ id, userId, atMs }) => ({ id, couponId: 1n, userId, requestedAt: atMs })),
        );
        const issues = [...queue.holders.entries()].map((one) => `1/${one.userId}/${one.place}/${one.requestId}`);
        expect(issues).toEqual(expected.issues);
        expect(new Map(verdicts.flatMap(([id, { reason }]) => (reason === undefined ? [] : [[id, reason]])))).toEqual(
          expected.refusals,
        );
        expect(BigInt(queue.holders.size)).toBeLessThanOrEqual(quota);
      }),
    );
  });

  test('judged afterwards, in any order, each request gets the verdict that it had in its turn', () => {
    fc.assert(
      fc.property(requests, quotas, (all, quota) => {
        const { queue, verdicts } = decide(all, quota);
        for (const [id, verdict] of verdicts.toReversed()) {
          const one = all.find((request) => request.id === id)!;
          expect(judgeAfterwards({ ...terms, quota }, queue.holders, one)).toEqual(verdict);
        }
      }),
    );
  });

  test('a request that turns up later and should have a place is found out', () => {
    fc.assert(
      fc.property(requests, quotas, fc.nat(), (all, quota, at) => {
        if (all.length === 0) return;
        const late = all[at % all.length];
        const { queue } = decide(
          all.filter((one) => one !== late),
          quota,
        );
        const { verdicts } = decide(all, quota);
        const [, right] = verdicts.find(([id]) => id === late.id)!;
        const judged = judgeAfterwards({ ...terms, quota }, queue.holders, late);
        if (right.place === undefined) expect(judged).toEqual(right);
        else expect(judged).toBeUndefined();
      }),
    );
  });
});

test('promises beside issues: each user is on one side, or on both', () => {
  const users = fc.array(fc.bigInt({ min: -5n, max: 12n }), { maxLength: 15 });
  fc.assert(
    fc.property(users, fc.uniqueArray(fc.bigInt({ min: -5n, max: 12n }), { maxLength: 15 }), (promised, issued) => {
      const found = comparePromises([...promised.map(String), '007', 'x'], issued);
      const both = issued.filter((user) => promised.includes(user)).length;
      expect(found.promisedOnly.length).toBe(new Set(promised).size - both);
      expect(found.issuedOnly.length).toBe(issued.length - both);
      expect(found.unreadable).toEqual(['007', 'x']);
    }),
  );
});

test('a member is a user where it is written as an id is', () => {
  expect(['0', '-7', '9223372036854775807'].map(userOfMember)).toEqual([0n, -7n, 9223372036854775807n]);
  for (const other of ['', ' 7', '7 ', '+7', '-0', '00', '1e3', '٣', '9223372036854775808', '10000000000000000000']) {
    expect(userOfMember(other), other).toBeUndefined();
  }
});
