/** What errors mean that name deposit accounts or their entries. */
import { sourceTableRules } from '../source-table-rules.ts';

export const interestErrorRules = sourceTableRules({
  missing: /(no such table: |[.'])(main\.)?(deposit_account|deposit_entry)('|$)/,
  columns: [['deposit_account', /(unknown column|no such column:?|has no column named) .*?\b(opened_on|closed_on)\b/i]],
});
