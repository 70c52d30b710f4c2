/** Times that view_log would round: a column of whole seconds keeps no milliseconds, and MySQL rounds them up. */
import { instantText } from '../../database/instant.ts';
import type { TargetColumns } from './check-file.ts';
import { malformed } from './malformed.ts';
import { fractionDigits } from './target-columns.ts';
import type { ViewRow } from './view-row.ts';

const MILLIS_DIGITS = 3;

/** Throws MALFORMED_INPUT for the first row whose time the column would change. */
export function requireWholeTimes(rows: readonly ViewRow[], [viewLog]: TargetColumns, file: string): void {
  const column = viewLog.get('viewed_at');
  const digits = (column && fractionDigits(column)) ?? MILLIS_DIGITS;
  if (digits >= MILLIS_DIGITS) return;
  const stepMs = 10 ** (MILLIS_DIGITS - digits);
  for (const { viewedAt, line } of rows) {
    if (viewedAt === null || viewedAt % stepMs === 0) continue;
    throw malformed(
      file,
      line,
      `viewed_at ${instantText(viewedAt)} is more exact than view_log.viewed_at, which is ${column?.type}`,
      'ALTER TABLE view_log MODIFY viewed_at DATETIME(3) NULL keeps milliseconds',
    );
  }
}
