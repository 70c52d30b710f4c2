/**
 * Marginal prices by cumulative count (domain.md section 4), exact: prices are whole numbers of a billionth of a won, so
 * nothing is ever rounded but the total of a date's end and that of the day before, each down to whole won.
 */

/** A price of one won, in the unit of `Tier.price`. */
export const priceScale = 1_000_000_000n;

/** Units number `from` + 1 and on cost `price` each, up to the `from` of the next tier. */
export interface Tier {
  /** Cumulative count at which the tier starts, inside; the first is 0 and they ascend. */
  readonly from: bigint;
  /** Of one unit, in billionths of a won. */
  readonly price: bigint;
}

/** The units of one tier among those between two cumulative counts, and what they cost. */
export interface TierShare {
  readonly tier: Tier;
  readonly units: bigint;
  /** In billionths of a won. */
  readonly price: bigint;
}

/** The price of the first `count` units together, in billionths of a won. `count` >= 0. */
export function totalPrice(tiers: readonly Tier[], count: bigint): bigint {
  let total = 0n;
  for (let i = 0; i < tiers.length && count > tiers[i].from; i++) {
    const end = i + 1 < tiers.length && tiers[i + 1].from < count ? tiers[i + 1].from : count;
    total += (end - tiers[i].from) * tiers[i].price;
  }
  return total;
}

/** The price of the first `count` units in whole won, rounded down. */
export function totalWon(tiers: readonly Tier[], count: bigint): bigint {
  return totalPrice(tiers, count) / priceScale;
}

/**
 * What a date pays, in whole won: floor(total through it) - floor(total through the day before). So the days of a card
 * add up to the floored price of the cumulative count, whatever the days were.
 */
export function amountOfDate(tiers: readonly Tier[], before: bigint, after: bigint): bigint {
  return totalWon(tiers, after) - totalWon(tiers, before);
}

/** The units after the first `before` and up to the first `after`, by tier; tiers without a unit are left out. */
export function tierShares(tiers: readonly Tier[], before: bigint, after: bigint): TierShare[] {
  const shares: TierShare[] = [];
  for (let i = 0; i < tiers.length; i++) {
    const start = tiers[i].from > before ? tiers[i].from : before;
    const end = i + 1 < tiers.length && tiers[i + 1].from < after ? tiers[i + 1].from : after;
    if (end > start) shares.push({ tier: tiers[i], units: end - start, price: (end - start) * tiers[i].price });
  }
  return shares;
}

/** Billionths of a won as a decimal text without needless zeros: `1.1`. */
export function priceText(price: bigint): string {
  const fraction = String(price % priceScale)
    .padStart(9, '0')
    .replace(/0{1,9}$/, '');
  return fraction === '' ? String(price / priceScale) : `${price / priceScale}.${fraction}`;
}
