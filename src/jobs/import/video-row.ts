/** From a record of text fields to a row of video. */
import type { ColumnDefinition } from './columns.ts';
import { INT64, type IntegerRange, parseInteger } from './integer.ts';
import { malformed } from './malformed.ts';
import type { InputRecord } from './records.ts';
import type { Integer } from './view-row.ts';

export interface VideoRow {
  readonly id: Integer;
  readonly creatorId: Integer | null;
}

export const videoColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'creator_id', required: false },
];

/** `places`: as `locateColumns` found `videoColumns`. Throws MALFORMED_INPUT with the line and the column. */
export function parseVideoRow({ fields, line }: InputRecord, places: readonly number[], file: string): VideoRow {
  const integer = (column: number, range: IntegerRange): Integer => {
    const value = parseInteger(fields[places[column]], range);
    if (typeof value === 'string') throw malformed(file, line, `${videoColumns[column].name} ${value}`);
    return value;
  };
  const noCreator = places[1] < 0 || fields[places[1]] === '';
  return { id: integer(0, INT64), creatorId: noCreator ? null : integer(1, INT64) };
}
