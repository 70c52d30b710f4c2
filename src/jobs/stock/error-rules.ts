/** What errors mean that name products or their movements. */
import { sourceTableRules } from '../source-table-rules.ts';

export const stockErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(stock|stock_movement)('|$)/,
  columns: [['stock_movement', /(unknown column|no such column:?|has no column named) .*?\bhappened_at\b/i]],
});
