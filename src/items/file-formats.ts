/** The formats that a fileReader knows. */
import type { Readable } from 'node:stream';
import { delimitedRecords } from './delimited-records.ts';
import { badRecord, type FileRecord, goodRecord } from './file-record.ts';
import { jsonElements } from './json-array.ts';
import { linesOf } from './lines.ts';
import { parseJson } from './parse-json.ts';
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
  /** One array of objects. */
  | { readonly type: 'json' };

/**
 * Batches of records, as the bytes of the file come. What is wrong with one record is in it; what leaves unknown where the
 * next one begins is thrown.
 * @param bytes UTF-8
 */
export function recordsOf(bytes: Readable, format: FileFormat): AsyncGenerator<FileRecord[]> {
  switch (format.type) {
    case 'csv':
    case 'tsv':
      return delimitedRecords(bytes, format.delimiter ?? (format.type === 'tsv' ? '\t' : ','), format.columns);
    case 'fixed':
      return lineRecords(bytes, (text, line) => fixedRecord(text, line, format.fields));
    case 'ndjson':
      return lineRecords(bytes, jsonRecord);
    case 'json':
      return elementRecords(bytes);
  }
}

async function* lineRecords(
  bytes: Readable,
  recordOf: (text: string, line: number) => FileRecord,
): AsyncGenerator<FileRecord[]> {
  let line = 0;
  for await (const batch of linesOf(bytes)) {
    const records: FileRecord[] = [];
    for (const text of batch) {
      line++;
      if (text.trim() !== '') records.push(recordOf(text, line));
    }
    if (records.length > 0) yield records;
  }
}

function fixedRecord(text: string, line: number, fields: readonly FixedField[]): FileRecord {
  const item: PlainRow = {};
  for (const { name, start, length } of fields) {
    if (start >= text.length)
      return badRecord(line, `${name} begins at character ${start + 1}, and the line has ${text.length}`, text);
    item[name] = text.slice(start, start + length).trim();
  }
  return goodRecord(line, item);
}

function jsonRecord(text: string, line: number): FileRecord {
  try {
    return objectRecord(parseJson(text), line, text);
  } catch {
    return badRecord(line, 'no JSON', text);
  }
}

async function* elementRecords(bytes: Readable): AsyncGenerator<FileRecord[]> {
  let element = 0;
  for await (const batch of jsonElements(bytes)) {
    yield batch.map(({ text, value }) => objectRecord(value, ++element, text));
  }
}

function objectRecord(value: unknown, line: number, text: string): FileRecord {
  return isObject(value) ? goodRecord(line, value) : badRecord(line, 'no JSON object', text);
}

function isObject(value: unknown): value is PlainRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
