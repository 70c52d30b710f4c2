/** Rate cards as text: one beside the next, and what one changes about another. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import { formatTable } from '../../../cli/output/table.ts';
import type { RateCard } from '../rules/rate-card.ts';
import { priceText, type Tier } from '../rules/tiered-amount.ts';

interface ListedCard {
  readonly cardNo: number;
  readonly card: RateCard;
}

/** @param cards in the order in which they price; of several with the same first date the last one does */
export function ratesTable(cards: readonly ListedCard[]): string {
  const columns = [
    { header: 'no', align: 'right' as const },
    ...['card', 'from', 'to', 'a view', 'an ad view'].map((header) => ({ header })),
  ];
  return formatTable(
    columns,
    cards.map(({ cardNo, card }, at) => {
      const next = cards[at + 1]?.card.effectiveFrom;
      const to = next === undefined ? '-' : next === card.effectiveFrom ? 'replaced' : `before ${next}`;
      return [String(cardNo), card.name, card.effectiveFrom, to, tiersText(card.view), tiersText(card.adView)];
    }),
  );
}

/** `  a view, from unit 0: 1 -> 2` for each price that differs; empty when none does. */
export function priceChanges(before: RateCard | undefined, after: RateCard): string[] {
  const changes = (what: string, old: readonly Tier[], tiers: readonly Tier[]) => {
    const units = [...new Set([...old, ...tiers].map(({ from }) => from))].sort((a, b) => (a < b ? -1 : 1));
    return units.flatMap((unit) => {
      const [was, is] = [priceAt(old, unit), priceAt(tiers, unit)];
      return was === is ? [] : [`  ${what}, from unit ${formatCount(unit)}: ${was} -> ${is}`];
    });
  };
  return [
    ...changes('a view', before?.view ?? [], after.view),
    ...changes('an ad view', before?.adView ?? [], after.adView),
  ];
}

function priceAt(tiers: readonly Tier[], unit: bigint): string {
  const tier = tiers.findLast(({ from }) => from <= unit);
  return tier === undefined ? '-' : priceText(tier.price);
}

function tiersText(tiers: readonly Tier[]): string {
  return tiers
    .map(({ from, price }) => (from === 0n ? priceText(price) : `${priceText(price)} from ${formatCount(from)}`))
    .join(', ');
}
