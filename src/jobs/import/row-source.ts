/** The rows of the file of a run, in chunks, parsed and checked; what both steps of an import read. */
import { existsSync } from 'node:fs';
import type { JobParameters } from '../../engine/parameters.ts';
import { usageError } from '../../errors.ts';
import type { JournalRequest } from '../../ledger/types.ts';
import { parseGrant } from '../grants/grant-row.ts';
import {
  type ChallengeRow,
  type MemberRow,
  type ProofRow,
  parseChallengeRow,
  parseMemberRow,
  parseProofRow,
} from './challenge-rows.ts';
import { type ColumnDefinition, type LocatedColumns, locateColumns } from './columns.ts';
import { type FileLine, type ParseFields, readFileLine } from './file-line.ts';
import { columnMapOf, columnsOf, type ImportKind, ignoredColumnsOf } from './import-parameters.ts';
import { digestFile, STDIN } from './input-file.ts';
import { LineProblem } from './line-problem.ts';
import { malformed } from './malformed.ts';
import { nullHint, type Reading, readingOf, withoutNulls } from './reading.ts';
import { type InputRecord, openRecords } from './records.ts';
import { parseVideoRow, type VideoRow } from './video-row.ts';
import { parseViewRow, type ViewRow } from './view-row.ts';

export interface RowSource<T> {
  /** Whether the file has the column. */
  has(column: string): boolean;
  /** Columns of the file that nothing is taken from, as it writes them. */
  readonly unused: readonly string[];
  /** At most `limit` rows; undefined at the end. Throws MALFORMED_INPUT. */
  read(limit: number): Promise<T[] | undefined>;
  /** What is odd about the rows read so far, and no error: one sentence each. */
  warnings(): string[];
  /** Passes over `count` rows that an earlier run has committed. */
  skip(count: number): Promise<void>;
  close(): void;
}

// A malformed line of these ends the import before anything is written: the file is corrected and imported again.

export function openViewRows(parameters: JobParameters): Promise<RowSource<ViewRow>> {
  return openRows('views', parameters, refuseBadLines(parseViewRow));
}

export function openVideoRows(parameters: JobParameters): Promise<RowSource<VideoRow>> {
  return openRows('videos', parameters, refuseBadLines(parseVideoRow));
}

export function openChallengeRows(parameters: JobParameters): Promise<RowSource<ChallengeRow>> {
  return openRows('challenges', parameters, refuseBadLines(parseChallengeRow));
}

export function openProofRows(parameters: JobParameters): Promise<RowSource<ProofRow>> {
  return openRows('proofs', parameters, refuseBadLines(parseProofRow));
}

// A malformed line of these, which move points, is a row all the same: it is set aside, and the others are posted.

export function openMemberRows(parameters: JobParameters): Promise<RowSource<FileLine<MemberRow>>> {
  const { columns, parse } = memberFields();
  return openRows('members', parameters, setAsideBadLines(columns, parse));
}

export function openGrantRows(parameters: JobParameters): Promise<RowSource<FileLine<JournalRequest>>> {
  const { columns, parse } = grantFields(parameters);
  return openRows('grants', parameters, setAsideBadLines(columns, parse));
}

interface OwnFields<T> {
  readonly columns: readonly ColumnDefinition[];
  /** Of a record that holds just these columns, in this order. */
  readonly parse: ParseFields<T>;
}

export function memberFields(): OwnFields<MemberRow> {
  const columns = columnsOf('members');
  const places = columns.map((_, index) => index);
  return { columns, parse: (record, reading) => parseMemberRow(record, places, reading) };
}

export function grantFields(parameters: JobParameters): OwnFields<JournalRequest> {
  const dayZone = parameters.require('day-zone');
  return { columns: columnsOf('grants'), parse: (record, reading) => parseGrant(record, reading, dayZone) };
}

/** Records that are held at once while passing over others. */
const SKIP_ROWS = 10_000;

/** What a file is read with. */
interface OpenFile extends LocatedColumns {
  readonly file: string;
  readonly columns: readonly ColumnDefinition[];
  /** Fields of the header, and so of each record. */
  readonly fieldCount: number;
  readonly reading: Reading;
}

type ParseRow<T> = (record: InputRecord, open: OpenFile) => T;

function refuseBadLines<T>(
  parse: (record: InputRecord, places: readonly number[], reading: Reading) => T,
): ParseRow<T> {
  return ({ fields, line }, { file, columns, places, fieldCount, reading }) => {
    try {
      if (fields.length !== fieldCount) throw new LineProblem(`${fields.length} fields, expected ${fieldCount}`);
      return parse({ fields: withoutNulls(fields, places, columns, reading), line }, places, reading);
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      throw malformed(file, line, error.message, error.hint ?? nullHint(fields, places, columns));
    }
  };
}

function setAsideBadLines<T>(columns: readonly ColumnDefinition[], parse: ParseFields<T>): ParseRow<FileLine<T>> {
  return (record, { fieldCount, places, reading }) => readFileLine(record, fieldCount, places, columns, reading, parse);
}

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
  let open: OpenFile;
  try {
    const map = columnMapOf(kind, parameters);
    const located = locateColumns(records.header, columns, map, ignoredColumnsOf(kind, parameters), file);
    const fieldCount = records.header.length;
    open = { ...located, file, columns, fieldCount, reading: readingOf(parameters) };
  } catch (error) {
    records.close();
    throw error;
  }
  let ahead: Promise<InputRecord[]> | undefined;
  return {
    has: (column) => open.places[columns.findIndex(({ name }) => name === column)] >= 0,
    unused: open.unused,
    warnings: () => open.reading.oddYears.warnings(),
    async read(limit) {
      const found = await (ahead ?? records.read(limit));
      if (found.length === 0) return undefined;
      const rows = found.slice(0, limit).map((record) => parse(record, open));
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
