/** The records of a file, one after another, in the formats that a fileReader knows. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parse } from 'csv-parse';
import type { PlainRow } from './plain-rows.ts';

export interface FixedField {
  readonly name: string;
  /** Of characters; the first is 0. */
  readonly start: number;
  readonly length: number;
}

export type FileFormat =
  /** RFC 4180, or tabs; `columns` when the first line does not name them. */
  | { readonly type: 'csv' | 'tsv'; readonly delimiter?: string; readonly columns?: readonly string[] }
  /** Values without the blanks around them. */
  | { readonly type: 'fixed'; readonly fields: readonly FixedField[] }
  /** A JSON object a line. */
  | { readonly type: 'ndjson' }
  /** One array of objects, which is held in memory. */
  | { readonly type: 'json' };

/** An object, or what is wrong with the record. `line` counts from 1; of a JSON array it is the element. */
export interface FileRecord {
  readonly line: number;
  readonly item?: PlainRow;
  readonly problem?: string;
  readonly payload?: string;
}

export function recordsOf(bytes: Readable, format: FileFormat): AsyncGenerator<FileRecord[]> {
  switch (format.type) {
    case 'csv':
    case 'tsv':
      return delimited(bytes, format.delimiter ?? (format.type === 'tsv' ? '\t' : ','), format.columns);
    case 'fixed':
      return lines(bytes, (line) => ({ item: fixed(line, format.fields) }));
    case 'ndjson':
      return lines(bytes, (line) => jsonRecord(line));
    case 'json':
      return jsonArray(bytes);
  }
}

interface Delimited {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function* delimited(
  bytes: Readable,
  delimiter: string,
  given: readonly string[] | undefined,
): AsyncGenerator<FileRecord[]> {
  const parser = parse({ delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  bytes.on('error', (error) => parser.destroy(error));
  bytes.pipe(parser);
  let columns = given;
  for (;;) {
    const records: FileRecord[] = [];
    for (let one: Delimited | null = parser.read(); one !== null; one = parser.read()) {
      const { record, info } = one;
      if (columns === undefined) columns = record;
      else records.push(delimitedRecord(columns, record, info.lines));
    }
    if (parser.errored) throw parser.errored;
    if (records.length > 0) {
      yield records;
      continue;
    }
    if (parser.readableEnded) return;
    await Promise.race([once(parser, 'readable'), once(parser, 'end')]);
  }
}

function delimitedRecord(columns: readonly string[], values: readonly string[], line: number): FileRecord {
  if (values.length !== columns.length) {
    const problem = `${values.length} values where ${columns.length} are due`;
    return { line, problem, payload: JSON.stringify(values) };
  }
  const item: PlainRow = {};
  for (let c = 0; c < columns.length; c++) item[columns[c]] = values[c];
  return { line, item };
}

async function* lines(
  bytes: Readable,
  recordOf: (line: string) => Omit<FileRecord, 'line'>,
): AsyncGenerator<FileRecord[]> {
  const reader = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY });
  let failure: unknown;
  bytes.on('error', (error) => {
    failure = error;
    reader.close();
  });
  let line = 0;
  for await (const written of reader) {
    line++;
    const withoutMark = line === 1 && written.startsWith('\uFEFF') ? written.slice(1) : written;
    if (withoutMark.trim() !== '') yield [{ line, ...recordOf(withoutMark) }];
  }
  if (failure !== undefined) throw failure;
}

function fixed(line: string, fields: readonly FixedField[]): PlainRow {
  return Object.fromEntries(fields.map(({ name, start, length }) => [name, line.slice(start, start + length).trim()]));
}

function jsonRecord(written: string): Omit<FileRecord, 'line'> {
  try {
    const item: unknown = JSON.parse(written);
    return isObject(item) ? { item } : { problem: 'no JSON object', payload: written };
  } catch {
    return { problem: 'no JSON', payload: written };
  }
}

async function* jsonArray(bytes: Readable): AsyncGenerator<FileRecord[]> {
  const list: unknown = JSON.parse(await text(bytes));
  if (!Array.isArray(list)) throw new TypeError('the file is no JSON array');
  yield list.map((item: unknown, index) =>
    isObject(item)
      ? { line: index + 1, item }
      : { line: index + 1, problem: 'no JSON object', payload: JSON.stringify(item) },
  );
}

function isObject(value: unknown): value is PlainRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
