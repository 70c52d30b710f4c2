/** Video settlements of a period as a table, CSV or JSON, in pieces that never hold a whole month as one text. Pure. */
import type { SettledVideo } from '../../jobs/video-settlement/read-settlement.ts';
import { formatCount } from './format.ts';
import { formatJson } from './json.ts';
import { formatTable } from './table.ts';

interface Period {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

const LINES_A_PIECE = 10_000;

export function* settlementText(
  format: 'table' | 'csv' | 'json',
  period: Period,
  rows: readonly SettledVideo[],
): Generator<string> {
  if (format === 'csv') yield* csv(rows);
  else if (format === 'json') yield json(period, rows);
  else yield table(period, rows);
}

function* csv(rows: readonly SettledVideo[]): Generator<string> {
  yield 'video_id,view_amount,ad_amount,total\n';
  for (let start = 0; start < rows.length; start += LINES_A_PIECE) {
    yield rows
      .slice(start, start + LINES_A_PIECE)
      .map((row) => `${row.videoId},${row.viewAmount},${row.adAmount},${row.viewAmount + row.adAmount}\n`)
      .join('');
  }
}

function json(period: Period, rows: readonly SettledVideo[]): string {
  return formatJson({
    period: period.label,
    from: period.from,
    to: period.to,
    videos: rows.length,
    total: sum(rows),
    rows: rows.map((row) => ({
      video_id: row.videoId,
      view_amount: row.viewAmount,
      ad_amount: row.adAmount,
      total: row.viewAmount + row.adAmount,
    })),
  });
}

function table(period: Period, rows: readonly SettledVideo[]): string {
  const range = period.from === period.to ? period.from : `${period.label} (${period.from} to ${period.to})`;
  const right = ['video_id', 'view_amount', 'ad_amount', 'total'].map((header) => ({
    header,
    align: 'right' as const,
  }));
  const cells = rows.map((row) => [
    String(row.videoId),
    formatCount(row.viewAmount),
    formatCount(row.adAmount),
    formatCount(row.viewAmount + row.adAmount),
  ]);
  return `${range}: ${formatCount(rows.length)} videos, ${formatCount(sum(rows))} won\n${formatTable(right, cells)}`;
}

function sum(rows: readonly SettledVideo[]): bigint {
  return rows.reduce((total, row) => total + row.viewAmount + row.adAmount, 0n);
}
