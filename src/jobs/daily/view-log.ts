/** The platform's view log as the daily job reads it (domain.md section 7). */
import { ColumnBatch, type ColumnSpec } from '../../database/column-batch.ts';
import type { LogTable } from '../../partition/zone.ts';
import type { ViewColumns } from '../../rules/view-judge.ts';

export const viewLog: LogTable = { table: 'view_log', key: 'id', time: 'viewed_at' };

/** In the order that ViewColumns.nulls counts them. */
export const viewLogColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64' },
  { name: 'viewer_id', type: 'int64' },
  { name: 'viewed_at', type: 'instant' },
  { name: 'play_seconds', type: 'number' },
  { name: 'ad_views', type: 'number' },
];

/** A batch that lies where the rules want the rows: reading it fills their columns. */
export function viewBatch(room: ViewColumns): ColumnBatch {
  const { idWords, videoWords, viewerWords, viewedAt, playSeconds, adViews, nulls } = room;
  const columns = [idWords, videoWords, viewerWords, viewedAt, playSeconds, adViews];
  return new ColumnBatch(viewLogColumns, room.size, { columns, nulls });
}
