/** What `settle verify` found, as text. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import { formatTable } from '../../../cli/output/table.ts';
import type { DateTotals, Verification } from '../statistics/verify.ts';

/** One line where both sides are equal; else the totals of both, the differences, and what to do. */
export function verificationText(date: string, result: Verification): string {
  const compared = `${formatCount(result.compared)} videos compared`;
  if (result.equal) return `${date}: equal, ${compared}\n`;
  const right = ['videos', 'views', 'ad views', 'play seconds'].map((header) => ({ header, align: 'right' as const }));
  const side = (name: string, { videos, views, adViews, playSeconds }: DateTotals) => [
    name,
    ...[videos, views, adViews, playSeconds].map(formatCount),
  ];
  const totals = formatTable(
    [{ header: '' }, ...right],
    [side(`published by execution ${result.execution}`, result.published), side('recomputed', result.recomputed)],
  );
  const rows = `${formatCount(result.arrived)} row${result.arrived === 1 ? '' : 's'}`;
  const facts = [
    `${rows} of this date arrived since execution ${result.execution}`,
    result.closedAt === undefined
      ? 'the date is open: a rerun replaces its statistics'
      : `the date is closed since ${result.closedAt} UTC: a rerun books the difference in the next open date`,
  ];
  const lines = [...result.differences, ...facts].map((line) => `  ${line}\n`).join('');
  const next = result.next === undefined ? '' : `\nnext\n  ${result.next}\n`;
  return `${date}: DIFFERENT, ${compared}\n${totals}${lines}${next}`;
}
