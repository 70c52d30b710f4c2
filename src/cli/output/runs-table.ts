/** The table of `settle runs`. Pure. */
import type { RunRow } from '../run-row.ts';
import { formatCount, formatDuration, formatInstant, formatRate } from './format.ts';
import { formatTable } from './table.ts';

export function runsTable(rows: readonly RunRow[]): string {
  if (rows.length === 0) return 'no runs yet\n';
  const right = ['duration', 'rows', 'rows/s'].map((header) => ({ header, align: 'right' as const }));
  return formatTable(
    [
      { header: 'id', align: 'right' },
      { header: 'job' },
      { header: 'date' },
      { header: 'status' },
      { header: 'started (UTC)' },
      ...right,
      { header: 'exit' },
    ],
    rows.map((row) => [
      String(row.id),
      row.job,
      row.date ?? '-',
      row.status,
      formatInstant(row.startTime),
      row.durationMs === undefined ? '-' : formatDuration(row.durationMs),
      formatCount(row.rows),
      row.durationMs === undefined ? '-' : formatRate(row.rows, row.durationMs),
      exitText(row),
    ]),
  );
}

const MESSAGE_LENGTH_MAX = 60;

function exitText({ exitCode, exitMessage }: RunRow): string {
  const message = exitMessage.split('\n')[0];
  if (message === '' || exitCode === 'COMPLETED') return exitCode;
  return `${exitCode}: ${message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}...` : message}`;
}
