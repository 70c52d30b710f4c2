/**
 * A line of a file whose bad lines are set aside, one by one, instead of ending the file: grants and members. Either the
 * row that it holds, or why it holds none; and its fields, which are what is kept of it and what a replay reads again.
 */
import type { ColumnDefinition } from './columns.ts';
import { LineProblem, reasonOf } from './line-problem.ts';
import { nullHint, type Reading, withoutNulls } from './reading.ts';
import type { FileRecord, InputRecord } from './records.ts';

export interface FileLine<T> {
  /** From 1, the header included. */
  readonly line: number;
  /** What a person looks for, and the fields as JSON: those of the kind's columns in their order, if they are known. */
  readonly key: string;
  readonly payload: string;
  readonly content: T | { readonly problem: string };
}

/** Parses the fields of the kind's columns, in their order. Throws a LineProblem. */
export type ParseFields<T> = (record: InputRecord, reading: Reading) => T;

/** `places`: where a record of `fieldCount` fields holds `columns`; an absent column reads as empty. */
export function readFileLine<T>(
  record: FileRecord,
  fieldCount: number,
  places: readonly number[],
  columns: readonly ColumnDefinition[],
  reading: Reading,
  parse: ParseFields<T>,
): FileLine<T> {
  const { fields, line } = record;
  const key = `line ${line}`;
  if (record.fieldCount !== fieldCount) {
    // Which of them is which column is not known: not to be taken for fields by a replay.
    const problem = `${fields.length} fields, expected ${fieldCount}`;
    return { line, key, payload: JSON.stringify({ fields }), content: { problem } };
  }
  const own = places.map((place) => (place < 0 ? '' : fields[place]));
  return { line, key, payload: JSON.stringify(own), content: parseOwn({ fields: own, line }, columns, reading, parse) };
}

/** What a record that was set aside holds, read once more. `payload` as `readFileLine` made it. */
export function readAgain<T>(
  payload: string,
  columns: readonly ColumnDefinition[],
  reading: Reading,
  parse: ParseFields<T>,
): T | { readonly problem: string } {
  const fields: unknown = JSON.parse(payload);
  if (!Array.isArray(fields) || fields.length !== columns.length) {
    return { problem: 'the line has another number of fields than the header' };
  }
  return parseOwn({ fields: fields.map(String), line: 0 }, columns, reading, parse);
}

export function isProblem<T extends object>(
  content: T | { readonly problem: string },
): content is { readonly problem: string } {
  return 'problem' in content;
}

function parseOwn<T>(
  { fields, line }: InputRecord,
  columns: readonly ColumnDefinition[],
  reading: Reading,
  parse: ParseFields<T>,
): T | { readonly problem: string } {
  const places = columns.map((_, index) => index);
  try {
    return parse({ fields: withoutNulls(fields, places, columns, reading), line }, reading);
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error;
    return { problem: reasonOf(error.message, error.hint ?? nullHint(fields, places, columns)) };
  }
}
