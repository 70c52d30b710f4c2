/**
 * What a date pays for one video, and what is still to be posted about a closed one (domain.md section 4). Pure: counts
 * and a card in, amounts in whole won out.
 */
import type { RateCard } from './rate-card.ts';
import { amountOfDate } from './tiered-amount.ts';

/** Cumulative counts of a video through the day before a date, and through the date. */
export interface VideoCounts {
  readonly viewsBefore: bigint;
  readonly viewsAfter: bigint;
  readonly adsBefore: bigint;
  readonly adsAfter: bigint;
}

/** In whole won; negative where something is taken back. */
export interface Amounts {
  readonly viewAmount: bigint;
  readonly adAmount: bigint;
}

/** Amounts for a creator; null: the creator is not known, the suspense account has it. */
export interface CreatorAmounts extends Amounts {
  readonly creatorId: bigint | null;
}

/** Views and ads are priced apart. */
export function amountsOf(card: RateCard, counts: VideoCounts): Amounts {
  return {
    viewAmount: amountOfDate(card.view, counts.viewsBefore, counts.viewsAfter),
    adAmount: amountOfDate(card.adView, counts.adsBefore, counts.adsAfter),
  };
}

/**
 * The adjustments that bring what was posted to what is due: new - already posted for each creator. None when nothing
 * has changed; two when the video has got another creator.
 */
export function adjustmentsOf(due: CreatorAmounts, posted: readonly CreatorAmounts[]): CreatorAmounts[] {
  const open = new Map<bigint | null, { viewAmount: bigint; adAmount: bigint }>();
  const add = ({ creatorId, viewAmount, adAmount }: CreatorAmounts, sign: bigint) => {
    const sum = open.get(creatorId) ?? { viewAmount: 0n, adAmount: 0n };
    open.set(creatorId, { viewAmount: sum.viewAmount + sign * viewAmount, adAmount: sum.adAmount + sign * adAmount });
  };
  for (const amounts of posted) add(amounts, -1n);
  add(due, 1n);
  return [...open]
    .filter(([, { viewAmount, adAmount }]) => viewAmount !== 0n || adAmount !== 0n)
    .map(([creatorId, amounts]) => ({ creatorId, ...amounts }));
}
