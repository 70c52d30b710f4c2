/** From a record of text fields to a row of video. */
import type { Integer } from '../../database/values.ts';
import type { ColumnDefinition } from './columns.ts';
import { INT64, type IntegerRange, parseInteger } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import type { InputRecord } from './records.ts';

export interface VideoRow {
  readonly id: Integer;
  readonly creatorId: Integer | null;
}

export const videoColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'creator_id', required: false, nullable: true },
];

/** `places`: as `locateColumns` found `videoColumns`. Throws a LineProblem that names the column. */
export function parseVideoRow({ fields }: InputRecord, places: readonly number[]): VideoRow {
  const integer = (column: number, range: IntegerRange): Integer => {
    const value = parseInteger(fields[places[column]], range);
    if (typeof value === 'string') throw new LineProblem(`${videoColumns[column].name} ${value}`);
    return value;
  };
  const noCreator = places[1] < 0 || fields[places[1]] === '';
  return { id: integer(0, INT64), creatorId: noCreator ? null : integer(1, INT64) };
}
