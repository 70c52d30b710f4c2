/** `settle runs --summary` as text. Pure. */
import type { RunSummary } from '../run-summary.ts';
import { formatCount, formatDuration, formatInstant } from './format.ts';
import { formatTable } from './table.ts';

export function summaryTable({ since, until, jobs, open }: RunSummary): string {
  const head = `${formatInstant(since)} to ${formatInstant(until)} UTC\n`;
  if (jobs.length === 0) return `${head}no runs\n`;
  const headers = ['runs', 'completed', 'of them exit 3', 'failed', 'stopped', 'running'];
  const more = ['median', 'longest', 'median of 4 weeks before', 'rows', 'skipped', 'posted'];
  const columns = [...headers, ...more].map((header) => ({ header, align: 'right' as const }));
  const duration = (ms: number | undefined) => (ms === undefined ? '-' : formatDuration(ms));
  const table = formatTable(
    [{ header: 'job' }, ...columns],
    jobs.map((one) => [
      one.job,
      ...[one.runs, one.completed, one.withSkips, one.failed, one.stopped, one.running].map(formatCount),
      duration(one.durationMedianMs),
      duration(one.durationMaxMs),
      duration(one.durationMedianBeforeMs),
      formatCount(one.rows),
      formatCount(one.skipped),
      one.posted === undefined ? '-' : formatCount(one.posted),
    ]),
  );
  if (open.length === 0) return `${head}${table}`;
  const lines = open.map(
    ({ id, job, date }) => `  settle restart ${id}   (${[job, date].filter((word) => word !== undefined).join(' ')})\n`,
  );
  return `${head}${table}\nnot completed since\n${lines.join('')}`;
}
