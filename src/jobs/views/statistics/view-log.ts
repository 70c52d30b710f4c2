/** The platform's view log as the daily job reads it (domain.md section 7). */
import type { ColumnBatch, ColumnSpec } from '../../../database/column-batch.ts';
import type { ViewColumns } from '../rules/view-judge.ts';
import type { LogTable } from '../zones/zone.ts';

export const viewLog: LogTable = { table: 'view_log', key: 'id', time: 'viewed_at' };

/** In the order that ViewColumns.nulls counts them. */
export const viewLogColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64', keepsText: true },
  { name: 'viewer_id', type: 'int64', keepsText: true },
  { name: 'viewed_at', type: 'instant', isCanonical: true },
  { name: 'play_seconds', type: 'number', keepsText: true },
  { name: 'ad_views', type: 'number', keepsText: true },
];

/** The columns of such a batch by what they are. */
export function viewColumns(batch: ColumnBatch): ViewColumns {
  return {
    idWords: batch.int64(0).words,
    videoWords: batch.int64(1).words,
    viewerWords: batch.int64(2).words,
    viewedAt: batch.doubles(3),
    playSeconds: batch.doubles(4),
    adViews: batch.doubles(5),
    nulls: batch.nulls,
    keptText: (row, column) => batch.keptText(row, column),
  };
}
