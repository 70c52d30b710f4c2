/** The table of `settle runs`. Pure. */
import type { RunRow } from '../run-rows.ts';
import { formatCount, formatDuration, formatInstant, formatRate } from './format.ts';
import { formatTable } from './table.ts';

/** @param now for how long a silent run has been silent */
export function runsTable(rows: readonly RunRow[], now: Date): string {
  if (rows.length === 0) return 'no runs\n';
  const right = ['duration', 'rows', 'skipped', 'rows/s'].map((header) => ({ header, align: 'right' as const }));
  return formatTable(
    [
      { header: 'id', align: 'right' },
      { header: 'job' },
      { header: 'date or file' },
      { header: 'status' },
      { header: 'started (UTC)' },
      ...right,
      { header: 'exit' },
    ],
    rows.map((row) => [
      String(row.id),
      row.job,
      row.date ?? shortened(row.file) ?? '-',
      row.status,
      formatInstant(row.startTime),
      row.durationMs === undefined ? '-' : formatDuration(row.durationMs),
      row.rows === undefined ? '-' : formatCount(row.rows),
      row.skipped === undefined ? '-' : formatCount(row.skipped),
      row.rows === undefined || row.durationMs === undefined ? '-' : formatRate(row.rows, row.durationMs),
      exitText(row, now),
    ]),
  );
}

const MESSAGE_LENGTH_MAX = 60;
const FILE_LENGTH_MAX = 30;

/** The exit code of the command for a run that completed; else why it ended, or what its owner is at. */
function exitText({ exitCode, exitMessage, owner, skipped, status, workers }: RunRow, now: Date): string {
  if (owner !== undefined) {
    if (owner.isAlive) return workers === undefined ? '-' : workersText(workers);
    const { heartbeatAt } = owner;
    const silent = heartbeatAt === undefined ? '' : ` for ${formatDuration(now.getTime() - heartbeatAt.getTime())}`;
    return `no heartbeat${silent}: settle recover`;
  }
  if (status === 'COMPLETED') return skipped !== undefined && skipped > 0 ? '3' : '0';
  const message = exitMessage.split('\n')[0];
  if (message === '') return exitCode;
  return `${exitCode}: ${message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}...` : message}`;
}

const HOSTS_MAX = 3;

/** `3 workers: host-a, host-b (dead), host-c`. */
function workersText(workers: NonNullable<RunRow['workers']>): string {
  const hosts = [...new Set(workers.map(({ host, isAlive }) => (isAlive ? host : `${host} (dead)`)))];
  const more = hosts.length > HOSTS_MAX ? ` and ${hosts.length - HOSTS_MAX} more` : '';
  const count = `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`;
  return `${count}: ${hosts.slice(0, HOSTS_MAX).join(', ')}${more}`;
}

/** The end of a long path is what tells files apart. */
function shortened(file: string | undefined): string | undefined {
  if (file === undefined || file.length <= FILE_LENGTH_MAX) return file;
  return `...${file.slice(3 - FILE_LENGTH_MAX)}`;
}
