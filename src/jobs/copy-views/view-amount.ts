/** The items of the job `copy-views`, and what one is made of the other. */
import type { InsertTarget } from '../../database/dialect.ts';
import type { Integer } from '../../database/values.ts';

/** A row of view_log. */
export interface View {
  readonly id: Integer;
  readonly videoId: Integer;
  readonly playSeconds: number;
  readonly adViews: number;
}

/** A row of settle_view_amount. */
export interface ViewAmount {
  readonly id: Integer;
  readonly videoId: Integer;
  readonly amount: number;
}

/** A range that is copied again, as another revision or another instance, overwrites what is there. */
export const viewAmountTarget: InsertTarget = {
  table: 'settle_view_amount',
  columns: ['id', 'video_id', 'amount'],
  mode: 'replace-values',
  keys: ['id'],
};

/** One for each whole ten seconds played, ten for each ad viewed. */
export function amountOf({ id, videoId, playSeconds, adViews }: View): ViewAmount {
  return { id, videoId, amount: Math.trunc(playSeconds / 10) + adViews * 10 };
}
