/** Prices by cumulative count: golden vectors by hand at every border, and what must hold for any card and any days. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultRateCard } from '../../../../src/jobs/video-settlement/rules/default-rate-card.ts';
import {
  amountOfDate,
  priceScale,
  priceText,
  type Tier,
  tierShares,
  totalPrice,
  totalWon,
} from '../../../../src/jobs/video-settlement/rules/tiered-amount.ts';

const { view, adView } = defaultRateCard;

/** Total price of the default card, derived by hand: [count, exact won, how]. */
const viewTotals: readonly (readonly [count: bigint, won: string, derivation: string])[] = [
  [0n, '0', 'no unit'],
  [1n, '1', '1 x 1'],
  [99_999n, '99999', '99,999 x 1'],
  [100_000n, '100000', '100,000 x 1: the last unit at the first price'],
  [100_001n, '100001.1', '100,000 x 1 + 1 x 1.1: the first at the second price'],
  [499_999n, '539998.9', '100,000 + 399,999 x 1.1'],
  [500_000n, '540000', '100,000 + 400,000 x 1.1'],
  [500_001n, '540001.3', '540,000 + 1 x 1.3'],
  [999_999n, '1189998.7', '540,000 + 499,999 x 1.3'],
  [1_000_000n, '1190000', '540,000 + 500,000 x 1.3'],
  [1_000_001n, '1190001.5', '1,190,000 + 1 x 1.5'],
  [3_000_000n, '4190000', '1,190,000 + 2,000,000 x 1.5'],
];
const adTotals: typeof viewTotals = [
  [0n, '0', 'no unit'],
  [1n, '10', '1 x 10'],
  [99_999n, '999990', '99,999 x 10'],
  [100_000n, '1000000', '100,000 x 10'],
  [100_001n, '1000012', '1,000,000 + 1 x 12'],
  [499_999n, '5799988', '1,000,000 + 399,999 x 12'],
  [500_000n, '5800000', '1,000,000 + 400,000 x 12'],
  [500_001n, '5800015', '5,800,000 + 1 x 15'],
  [999_999n, '13299985', '5,800,000 + 499,999 x 15'],
  [1_000_000n, '13300000', '5,800,000 + 500,000 x 15'],
  [1_000_001n, '13300020', '13,300,000 + 1 x 20'],
];
/** Amounts of single dates: [before, after, won, how]. */
const dates: readonly (readonly [before: bigint, after: bigint, won: bigint, derivation: string])[] = [
  [100_000n, 100_001n, 1n, 'floor(100,001.1) - 100,000'],
  [100_001n, 100_002n, 1n, 'floor(100,002.2) - floor(100,001.1)'],
  [100_008n, 100_009n, 1n, 'floor(100,009.9) - floor(100,008.8)'],
  [100_009n, 100_010n, 2n, 'floor(100,011.0) - floor(100,009.9): the tenths come back'],
  [99_999n, 100_001n, 2n, 'floor(100,001.1) - 99,999'],
  [99_995n, 100_015n, 21n, 'floor(100,016.5) - 99,995: 5 x 1 + 15 x 1.1 = 21.5, the half won waits'],
  [500_000n, 500_001n, 1n, 'floor(540,001.3) - 540,000'],
  [1_000_001n, 1_000_002n, 2n, 'floor(1,190,003.0) - floor(1,190,001.5)'],
  [0n, 1_000_001n, 1_190_001n, 'three borders in one day'],
  [7n, 7n, 0n, 'nothing'],
  [500_001n, 499_999n, -3n, 'floor(539,998.9) - floor(540,001.3): counts that were taken back'],
];

describe('the default card', () => {
  it.each(viewTotals)('prices %s views at %s won: %s', (count, won) => {
    expect(priceText(totalPrice(view, count))).toBe(won);
    expect(totalWon(view, count)).toBe(BigInt(won.split('.')[0]));
  });
  it.each(adTotals)('prices %s ad views at %s won: %s', (count, won) => {
    expect(priceText(totalPrice(adView, count))).toBe(won);
  });
  it.each(dates)('pays from %s to %s views %s won: %s', (before, after, won) => {
    expect(amountOfDate(view, before, after)).toBe(won);
  });
  it('is exact far past 2^53', () => {
    const count = 2n ** 60n + 1n;
    expect(totalPrice(view, count) * 10n).toBe((11_900_000n + (count - 1_000_000n) * 15n) * priceScale);
  });
});

const prices = fc.bigInt({ min: 0n, max: 5n * priceScale });
const cards = fc
  .tuple(prices, fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 300 }), prices), { selector: ([from]) => from }))
  .map(([first, rest]): Tier[] => [
    { from: 0n, price: first },
    ...rest.sort(([a], [b]) => a - b).map(([from, price]) => ({ from: BigInt(from), price })),
  ]);
const counts = fc.integer({ min: 0, max: 400 }).map(BigInt);

describe('any card', () => {
  it('costs what its units cost one by one', () => {
    fc.assert(
      fc.property(cards, counts, (tiers, count) => {
        let sum = 0n;
        for (let unit = 0n; unit < count; unit++) sum += tiers.findLast(({ from }) => from <= unit)!.price;
        expect(totalPrice(tiers, count)).toBe(sum);
      }),
    );
  });
  it('pays over any days exactly the floored price of the cumulative count', () => {
    fc.assert(
      fc.property(cards, fc.array(counts, { maxLength: 20 }), (tiers, days) => {
        let through = 0n;
        let paid = 0n;
        for (const day of days) {
          paid += amountOfDate(tiers, through, through + day);
          through += day;
        }
        expect(paid).toBe(totalPrice(tiers, through) / priceScale);
      }),
    );
  });
  it('never pays less for more, and nothing below 0', () => {
    fc.assert(
      fc.property(cards, counts, counts, (tiers, before, day) => {
        expect(amountOfDate(tiers, before, before + day)).toBeGreaterThanOrEqual(0n);
        expect(totalPrice(tiers, before + day)).toBeGreaterThanOrEqual(totalPrice(tiers, before));
      }),
    );
  });
  it('has shares by tier that add up to the units and their price', () => {
    fc.assert(
      fc.property(cards, counts, counts, (tiers, before, day) => {
        const shares = tierShares(tiers, before, before + day);
        expect(shares.reduce((sum, { units }) => sum + units, 0n)).toBe(day);
        const price = shares.reduce((sum, share) => sum + share.price, 0n);
        expect(price).toBe(totalPrice(tiers, before + day) - totalPrice(tiers, before));
      }),
    );
  });
});
