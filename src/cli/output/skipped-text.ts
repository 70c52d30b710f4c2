/** `settle skipped` as text: counts by reason, the records, what to do next. Pure. */
import type { SkippedView } from '../skipped-view.ts';
import { formatCount } from './format.ts';
import { formatTable } from './table.ts';

export function skippedText(view: SkippedView): string {
  if (view.total === 0 && view.replacedBy === undefined) return 'nothing was skipped\n';
  const parts: string[] = [];
  if (view.reasons.length > 0) {
    const columns = [{ header: 'reason' }, { header: 'records', align: 'right' as const }, { header: 'correct in' }];
    const cells = view.reasons.map(({ reason, rows, correctIn }) => [reason, formatCount(rows), correctIn]);
    parts.push(formatTable(columns, cells));
  }
  if (view.rows.length > 0) {
    const columns = [
      { header: 'row', align: 'right' as const },
      { header: 'date' },
      { header: 'reason' },
      { header: 'record' },
    ];
    const cells = view.rows.map((row) => [
      row.place ?? String(row.rowId),
      row.businessDate ?? '-',
      row.reason,
      row.payload,
    ]);
    parts.push(formatTable(columns, cells));
  }
  if (view.records.length > 0) {
    const headers = ['step', 'phase', 'key', 'reason', 'replayed', 'record'].map((header) => ({ header }));
    const cells = view.records.map((skip) => {
      const replayed = skip.replayedAt?.toISOString() ?? '-';
      return [skip.stepName, skip.phase, skip.key, skip.error, replayed, skip.payload];
    });
    parts.push(formatTable(headers, cells));
  }
  if (view.next !== undefined) parts.push(`next\n  ${view.next}   (when they are corrected)\n`);
  return parts.join('\n');
}
