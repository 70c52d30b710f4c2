/** From a record of text fields to a row of view_log. */
import type { Integer } from '../../database/values.ts';
import type { ColumnDefinition } from './columns.ts';
import { INT32, INT64, type IntegerRange, parseInteger, ROW_ID } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import type { Reading } from './reading.ts';
import type { InputRecord } from './records.ts';

/** In the order of `viewLogTarget`; `viewedAt` in milliseconds. */
export interface ViewRow {
  /** Undefined when the file has no ids: one is given when the row is written. */
  readonly id: Integer | undefined;
  readonly videoId: Integer;
  readonly viewerId: Integer;
  readonly viewedAt: number | null;
  readonly playSeconds: Integer;
  readonly adViews: Integer;
  readonly line: number;
}

export const viewColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: false },
  { name: 'video_id', required: true },
  { name: 'viewer_id', required: true },
  { name: 'viewed_at', required: true, nullable: true },
  { name: 'play_seconds', required: true },
  { name: 'ad_views', required: false },
];

/** `places`: as `locateColumns` found `viewColumns`. Throws a LineProblem that names the column. */
export function parseViewRow({ fields, line }: InputRecord, places: readonly number[], reading: Reading): ViewRow {
  const integer = (column: number, range: IntegerRange): Integer => {
    const value = parseInteger(fields[places[column]], range);
    if (typeof value === 'string') throw new LineProblem(`${viewColumns[column].name} ${value}`);
    return value;
  };
  const time = fields[places[3]];
  const viewedAt = time === '' ? null : reading.parseTime(time);
  if (typeof viewedAt === 'number') reading.oddYears.addInstant('viewed_at', line, viewedAt);
  else if (viewedAt !== null) throw new LineProblem(`viewed_at ${viewedAt.problem}`, viewedAt.hint);
  return {
    id: places[0] < 0 ? undefined : integer(0, ROW_ID),
    videoId: integer(1, INT64),
    viewerId: integer(2, INT64),
    viewedAt,
    playSeconds: integer(4, INT32),
    adViews: places[5] < 0 || fields[places[5]] === '' ? 0 : integer(5, INT32),
    line,
  };
}
