/** Numbers of videos in a period as a table, CSV or JSON, in pieces that never hold a whole month as one text. Pure. */
import { formatCount } from '../../cli/output/format.ts';
import { formatJson } from '../../cli/output/json.ts';
import { formatTable } from '../../cli/output/table.ts';

export type TableFormat = 'table' | 'csv' | 'json';

interface Period {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** What to show of each video; the names are the headers of the CSV and the fields of the JSON. */
export type VideoColumns<R> = Readonly<Record<string, (row: R) => bigint>>;

export interface VideoTable<R> {
  readonly period: Period;
  readonly columns: VideoColumns<R>;
  readonly rows: readonly (R & { readonly videoId: bigint })[];
  /** What a person reads before the table, after the period. */
  readonly headline: string;
  /** What stands before the rows in JSON, after the period. */
  readonly summary: Readonly<Record<string, unknown>>;
}

const LINES_A_PIECE = 10_000;

export function* videoTableText<R>(format: TableFormat, table: VideoTable<R>): Generator<string> {
  if (format === 'csv') yield* csv(table);
  else if (format === 'json') yield json(table);
  else yield text(table);
}

function* csv<R>({ columns, rows }: VideoTable<R>): Generator<string> {
  const values = Object.values(columns);
  yield `${['video_id', ...Object.keys(columns)].join(',')}\n`;
  for (let start = 0; start < rows.length; start += LINES_A_PIECE) {
    yield rows
      .slice(start, start + LINES_A_PIECE)
      .map((row) => `${[row.videoId, ...values.map((value) => value(row))].join(',')}\n`)
      .join('');
  }
}

function json<R>({ period, columns, rows, summary }: VideoTable<R>): string {
  const values = Object.entries(columns);
  return formatJson({
    period: period.label,
    from: period.from,
    to: period.to,
    ...summary,
    rows: rows.map((row) => ({
      video_id: row.videoId,
      ...Object.fromEntries(values.map(([name, value]) => [name, value(row)])),
    })),
  });
}

function text<R>({ period, columns, rows, headline }: VideoTable<R>): string {
  const range = period.from === period.to ? period.from : `${period.label} (${period.from} to ${period.to})`;
  const right = ['video_id', ...Object.keys(columns)].map((header) => ({ header, align: 'right' as const }));
  const values = Object.values(columns);
  const cells = rows.map((row) => [String(row.videoId), ...values.map((value) => formatCount(value(row)))]);
  return `${range}: ${headline}\n${formatTable(right, cells)}`;
}
