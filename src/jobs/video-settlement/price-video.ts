/** What a date pays for a video, with the digest of everything that it follows from. */
import { hash } from 'node:crypto';
import type { StoredCard } from './rate-card-store.ts';
import { amountsOf, type VideoCounts } from './rules/settle-video.ts';
import type { PricedVideo } from './settlement-store.ts';

/** What is the same for every video that a run prices on a date. */
export interface Pricing {
  readonly date: string;
  readonly card: StoredCard;
  readonly jobExecutionId: number;
}

export function priceVideo(
  { date, card: { cardNo, card, digest }, jobExecutionId }: Pricing,
  videoId: bigint,
  creatorId: bigint | null,
  counts: VideoCounts,
): PricedVideo {
  const { viewsBefore, viewsAfter, adsBefore, adsAfter } = counts;
  const { viewAmount, adAmount } = amountsOf(card, counts);
  const input =
    `video-settlement/1|${date}|${videoId}|${creatorId ?? 'unknown'}|${digest}` +
    `|${viewsBefore}|${viewsAfter}|${adsBefore}|${adsAfter}`;
  return {
    videoId,
    creatorId,
    cardNo,
    viewsBefore,
    viewsAfter,
    adsBefore,
    adsAfter,
    viewAmount,
    adAmount,
    inputDigest: hash('sha256', input),
    jobExecutionId,
  };
}
