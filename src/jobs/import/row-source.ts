/** The rows of the file of a run, in chunks, parsed and checked; what both steps of an import read. */
import { existsSync } from 'node:fs';
import type { JobParameters } from '../../engine/parameters.ts';
import { usageError } from '../../errors.ts';
import { type GrantLine, readGrantLine } from '../grants/grant-row.ts';
import {
  type ChallengeRow,
  type MemberRow,
  type ProofRow,
  parseChallengeRow,
  parseMemberRow,
  parseProofRow,
} from './challenge-rows.ts';
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

export function openChallengeRows(parameters: JobParameters): Promise<RowSource<ChallengeRow>> {
  return openRows('challenges', parameters, parseChallengeRow);
}

export function openMemberRows(parameters: JobParameters): Promise<RowSource<MemberRow>> {
  const parseTime = createTimeParser(parameters.get('zone'));
  return openRows('members', parameters, (record, places, file) => parseMemberRow(record, places, parseTime, file));
}

export function openProofRows(parameters: JobParameters): Promise<RowSource<ProofRow>> {
  return openRows('proofs', parameters, parseProofRow);
}

/** A line that is no grant is a row all the same: it is set aside, not the file. */
export function openGrantRows(parameters: JobParameters): Promise<RowSource<GrantLine>> {
  const parseTime = createTimeParser(parameters.get('zone'));
  const dayZone = parameters.require('day-zone');
  return openRows('grants', parameters, (record, places) => readGrantLine(record, places, parseTime, dayZone));
}

/** Records that are held at once while passing over others. */
const SKIP_ROWS = 10_000;

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
  let ahead: Promise<InputRecord[]> | undefined;
  return {
    has: (column) => places[columns.findIndex(({ name }) => name === column)] >= 0,
    async read(limit) {
      const found = await (ahead ?? records.read(limit));
      if (found.length === 0) return undefined;
      const rows = found.slice(0, limit).map((record) => parse(record, places, file));
      // The next records are parsed while the database is busy with these.
      ahead = found.length > limit ? Promise.resolve(found.slice(limit)) : records.read(limit);
      ahead.catch(() => {});
      return rows;
    },
    async skip(count) {
      for (let left = count; left > 0; ) {
        const passed = await records.read(Math.min(left, SKIP_ROWS));
        if (passed.length === 0) return;
        left -= passed.length;
      }
    },
    close: records.close,
  };
}
