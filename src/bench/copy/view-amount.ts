/** What the copy of the benchmark reads and writes, and what one is made of the other. */
import { type ColumnBatch, type ColumnSpec, integerAt } from '../../database/column-batch.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { Integer } from '../../database/values.ts';
import { IncompleteView } from './incomplete-view.ts';

/** A row of view_log. */
export interface View {
  readonly id: Integer;
  readonly videoId: Integer;
  readonly playSeconds: number;
  readonly adViews: number;
}

/** A row of bench_view_amount. */
export interface ViewAmount {
  readonly id: Integer;
  readonly videoId: Integer;
  readonly amount: number;
}

/** A range that is copied again, as another revision or another instance, overwrites what is there. */
export const viewAmountTarget: InsertTarget = {
  table: 'bench_view_amount',
  columns: ['id', 'video_id', 'amount'],
  mode: 'replace-values',
  keys: ['id'],
};

/** One for each whole ten seconds played, ten for each ad viewed. */
export function amountOf({ id, videoId, playSeconds, adViews }: View): ViewAmount {
  return { id, videoId, amount: Math.trunc(playSeconds / 10) + adViews * 10 };
}

export const viewColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64' },
  { name: 'play_seconds', type: 'number' },
  { name: 'ad_views', type: 'number' },
];

/** Called once a fetch; throws IncompleteView for a row that lacks a value. */
export function viewOf(batch: ColumnBatch): (row: number) => View {
  const { nulls } = batch;
  const [ids, videoIds] = [batch.int64(0), batch.int64(1)];
  const [playSeconds, adViews] = [batch.doubles(2), batch.doubles(3)];
  return (row) => {
    const id = integerAt(ids, row);
    if (nulls[row] !== 0) throw new IncompleteView(id);
    return { id, videoId: integerAt(videoIds, row), playSeconds: playSeconds[row], adViews: adViews[row] };
  };
}
