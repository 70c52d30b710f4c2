/** Where views are written: the columns of view_log in the order in which `import` and `seed` give their values. */
import type { InsertTarget } from '../../database/dialect.ts';

export const viewLogTarget: InsertTarget = {
  table: 'view_log',
  columns: ['id', 'video_id', 'viewer_id', 'viewed_at', 'play_seconds', 'ad_views'],
};
