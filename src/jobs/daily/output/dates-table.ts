/** The table of `settle dates`. Pure. */

import { formatCount, formatDuration } from '../../../cli/output/format.ts';
import { formatTable } from '../../../cli/output/table.ts';
import type { DateLine } from '../read-dates.ts';

export function datesTable(lines: readonly DateLine[]): string {
  const right = (header: string) => ({ header, align: 'right' as const });
  const counted = (count: number | bigint | undefined) => (count === undefined ? '-' : formatCount(count));
  const table = formatTable(
    [
      { header: 'date' },
      { header: 'state' },
      { header: 'zone' },
      { header: 'card' },
      ...['read', 'counted', 'skipped', 'won', 'week before', 'revision', 'execution', 'duration'].map(right),
    ],
    lines.map((line) => [
      line.date,
      line.state,
      line.zone ?? '-',
      line.cards.length === 0 ? '-' : line.cards.join(', '),
      counted(line.read),
      counted(line.counted),
      counted(line.skipped),
      counted(line.won),
      line.changePercent === undefined ? '-' : `${line.changePercent > 0 ? '+' : ''}${line.changePercent} %`,
      line.revision === undefined ? '-' : String(line.revision),
      line.execution === undefined ? '-' : String(line.execution),
      line.durationMs === undefined ? '-' : formatDuration(line.durationMs),
    ]),
  );
  const next = [...new Set(lines.flatMap(({ next }) => (next === undefined ? [] : [next])))];
  return next.length === 0 ? table : `${table}\nnext\n${next.map((command) => `  ${command}\n`).join('')}`;
}
