/** The rows of the file of a run, in chunks, parsed and checked; what both steps of an import read. */
import { existsSync } from 'node:fs';
import type { JobParameters } from '../../engine/parameters.ts';
import { usageError } from '../../errors.ts';
import { locateColumns } from './columns.ts';
import { columnMapOf, columnsOf, type ImportKind } from './import-parameters.ts';
import { digestFile, STDIN } from './input-file.ts';
import { type InputRecord, openRecords } from './records.ts';
import { parseVideoRow, type VideoRow } from './video-row.ts';
import { parseViewRow, type ViewRow } from './view-row.ts';
import { createTimeParser } from './view-time.ts';

export interface RowSource<T> {
  /** Whether the file has the column. */
  has(column: string): boolean;
  /** At most `limit` rows; undefined at the end. Throws MALFORMED_INPUT. */
  read(limit: number): Promise<T[] | undefined>;
  /** Passes over `count` rows that an earlier run has committed. */
  skip(count: number): Promise<void>;
  close(): void;
}

export function openViewRows(parameters: JobParameters): Promise<RowSource<ViewRow>> {
  const parseTime = createTimeParser(parameters.get('zone'));
  return openRows('views', parameters, (record, places, file) => parseViewRow(record, places, parseTime, file));
}

export function openVideoRows(parameters: JobParameters): Promise<RowSource<VideoRow>> {
  return openRows('videos', parameters, parseVideoRow);
}

type ParseRow<T> = (record: InputRecord, places: readonly number[], file: string) => T;

/** Throws a usage error when the file is no longer the one that the run was started with. */
async function openRows<T>(kind: ImportKind, parameters: JobParameters, parse: ParseRow<T>): Promise<RowSource<T>> {
  const file = parameters.require('file');
  const path = parameters.require('path');
  if (file === STDIN && !existsSync(path)) {
    throw usageError(
      'this import came from standard input',
      'pipe the same input into settle import: it goes on there',
    );
  }
  if ((await digestFile(path)) !== parameters.require('digest')) {
    throw usageError(`${path} has changed since this import was started`, 'run settle import again with the new file');
  }
  const columns = columnsOf(kind);
  const records = await openRecords(path, file);
  let places: number[];
  try {
    places = locateColumns(records.header, columns, columnMapOf(kind, parameters), file);
  } catch (error) {
    records.close();
    throw error;
  }
  return {
    has: (column) => places[columns.findIndex(({ name }) => name === column)] >= 0,
    async read(limit) {
      const rows: T[] = [];
      while (rows.length < limit) {
        const record = await records.next();
        if (record === undefined) break;
        rows.push(parse(record, places, file));
      }
      return rows.length === 0 ? undefined : rows;
    },
    async skip(count) {
      for (let i = 0; i < count; i++) await records.next();
    },
    close: records.close,
  };
}
