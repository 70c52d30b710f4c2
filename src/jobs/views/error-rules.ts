/** What errors mean that name the log, the videos or the published statistics. */
import { sourceTableRules } from '../source-table-rules.ts';

export const viewsErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(view_log|video|video_daily_stats)('|$)/,
  columns: [['view_log', /(unknown column|no such column:?|has no column named) .*?\b(viewer_id|viewed_at)\b/i]],
});
