/** The platform's view log as the daily job reads it (domain.md section 7). */
import type { ColumnSpec } from '../../../database/column-batch.ts';
import type { LogTable } from './log-table.ts';

export const viewLog: LogTable = { table: 'view_log', key: 'id', time: 'viewed_at' };

/** In the order that the kernel counts them: rows.h. */
export const viewLogColumns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64', keepsText: true },
  { name: 'viewer_id', type: 'int64', keepsText: true },
  { name: 'viewed_at', type: 'instant', isCanonical: true },
  { name: 'play_seconds', type: 'number', keepsText: true },
  { name: 'ad_views', type: 'number', keepsText: true },
];
