/** Largest remainder: vectors by hand, conservation, and a brute-force definition to compare with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apportion } from '../../../../src/jobs/challenges/rules/apportion.ts';

const amounts = (amount: bigint, weights: readonly bigint[]) => apportion(amount, weights).map((share) => share.amount);

describe('by hand', () => {
  test.each([
    // 7/3 = 2 + 1/3 each: floors 6, one point left, all fractions equal, so the first who joined gets it.
    ['a pot of 7 among 3', 7n, [1n, 1n, 1n], [3n, 2n, 2n]],
    // 8/3 = 2 + 2/3 each: two points left.
    ['a pot of 8 among 3', 8n, [5n, 5n, 5n], [3n, 3n, 2n]],
    // 10 x 1/6 = 1 4/6, 10 x 2/6 = 3 2/6, 10 x 3/6 = 5: floors 9, the point goes to 4/6.
    ['unequal weights', 10n, [1n, 2n, 3n], [2n, 3n, 5n]],
    // 10 x 3/6 = 5, 10 x 2/6 = 3 2/6, 10 x 1/6 = 1 4/6: the same, whoever joined first.
    ['the largest fraction, not the first', 10n, [3n, 2n, 1n], [5n, 3n, 2n]],
    // 5 x 1/4 = 1 1/4, 5 x 3/4 = 3 3/4: the larger fraction wins over the earlier one.
    ['one and three quarters', 5n, [1n, 3n], [1n, 4n]],
    ['nothing to give', 0n, [1n, 2n], [0n, 0n]],
    ['fewer points than members', 2n, [1n, 1n, 1n], [1n, 1n, 0n]],
    ['one member', 9n, [4n], [9n]],
    // 2^64 x 1/2 each, exactly.
    ['beyond 2^63', 2n ** 64n, [7n, 7n], [2n ** 63n, 2n ** 63n]],
    ['nobody and nothing', 0n, [], []],
  ] as const)('%s', (_name, amount, weights, expected) => {
    expect(amounts(amount, weights)).toEqual(expected);
  });

  test('keeps what a share follows from', () => {
    expect(apportion(7n, [1n, 1n, 1n])[0]).toEqual({
      weight: 1n,
      floor: 2n,
      numerator: 1n,
      denominator: 3n,
      extraPoint: 1n,
      amount: 3n,
    });
  });

  test('refuses what has no answer', () => {
    expect(() => apportion(1n, [])).toThrow(RangeError);
    expect(() => apportion(-1n, [1n])).toThrow(RangeError);
    expect(() => apportion(1n, [0n])).toThrow(RangeError);
  });
});

const weights = fc.oneof(
  fc.array(fc.bigInt(1n, 12n), { minLength: 1, maxLength: 40 }),
  fc.array(fc.bigInt(1n, 2n ** 62n), { minLength: 1, maxLength: 12 }),
);
const amount = fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 2n ** 63n - 1n));

test('gives out everything, and never more than a point above the exact share', () => {
  fc.assert(
    fc.property(amount, weights, (total, all) => {
      const shares = apportion(total, all);
      expect(shares.reduce((sum, share) => sum + share.amount, 0n)).toBe(total);
      for (const share of shares) {
        expect(share.floor * share.denominator + share.numerator).toBe(total * share.weight);
        expect(share.numerator < share.denominator).toBe(true);
        expect(share.amount === share.floor || share.amount === share.floor + 1n).toBe(true);
      }
    }),
  );
});

test('equals the definition, member by member', () => {
  fc.assert(
    fc.property(amount, weights, (total, all) => {
      expect(amounts(total, all)).toEqual(byDefinition(total, all));
    }),
  );
});

/** Each point left over looks for the member with the largest fraction that has none yet; the first of equal ones. */
function byDefinition(total: bigint, all: readonly bigint[]): bigint[] {
  const sum = all.reduce((a, b) => a + b, 0n);
  const result = all.map((weight) => (total * weight) / sum);
  const taken = all.map(() => false);
  for (let left = total - result.reduce((a, b) => a + b, 0n); left > 0n; left--) {
    let best = -1;
    for (let i = 0; i < all.length; i++) {
      if (!taken[i] && (best < 0 || (total * all[i]) % sum > (total * all[best]) % sum)) best = i;
    }
    taken[best] = true;
    result[best]++;
  }
  return result;
}
