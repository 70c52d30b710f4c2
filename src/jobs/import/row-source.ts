/** The rows of the file of a run, in chunks, parsed and checked; what both steps of an import read. */
import { statSync } from 'node:fs';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import { usageError } from '../../errors.ts';
import { defaultEncoding, parseEncoding } from '../../items/encoding.ts';
import type { JournalRequest } from '../../ledger/types.ts';
import { amountUnitOf } from '../payments/import/amount-parameter.ts';
import { type PaymentRow, parsePaymentApproval, parsePaymentOrder } from '../payments/import/payment-rows.ts';
import { parseGrant } from '../points/grants/grant-row.ts';
import {
  type CouponRequestRow,
  type CouponRow,
  parseCouponRequestRow,
  parseCouponRow,
  parseStockMovementRow,
  type StockMovementRow,
} from './allocation-rows.ts';
import {
  type ChallengeRow,
  type MemberRow,
  type ProofRow,
  parseChallengeRow,
  parseMemberRow,
  parseProofRow,
} from './challenge-rows.ts';
import { type ColumnDefinition, locateColumns } from './columns.ts';
import {
  type DepositAccountRow,
  type DepositEntryRow,
  parseDepositAccountRow,
  parseDepositEntryRow,
} from './deposit-rows.ts';
import { digestFile, fileChanged } from './file-blocks.ts';
import { type FileLine, type ParseFields, readFileLine } from './file-line.ts';
import { ALLOW_OPEN_LINE, columnMapOf, columnsOf, type ImportKind, ignoredColumnsOf } from './import-parameters.ts';
import { openLine, requireWholeLine } from './last-line.ts';
import { LineProblem } from './line-problem.ts';
import { malformed } from './malformed.ts';
import { showName } from './quote.ts';
import { nullHint, type Reading, readingOf, withoutNulls } from './reading.ts';
import { type FileRecord, type InputRecord, openRecords, type Records } from './records.ts';
import { STDIN } from './spool.ts';
import { parseVideoRow, type VideoRow } from './video-row.ts';
import { parseViewRow, type ViewRow } from './view-row.ts';

/** Key of the job's context: rows of the file, as `check-file` counted them. */
export const FILE_ROWS = 'fileRows';

/**
 * Rows of the bytes that the run's digest names, and of no others: whatever has become of the file since is an error,
 * before a row of it is handed out.
 */
export interface RowSource<T> {
  /** Whether the file has the column. */
  has(column: string): boolean;
  /** Columns of the file that nothing is taken from, as it writes them. */
  readonly unused: readonly string[];
  /** What is odd about the rows read so far, and no error: one sentence each. */
  warnings(): string[];
  /**
   * At most `limit` rows; undefined at the end, where everything has been proven: the digest, and the number of rows
   * that `check-file` counted. Throws MALFORMED_INPUT and FILE_CHANGED.
   */
  read(limit: number): Promise<T[] | undefined>;
  /** Passes over `count` rows that an earlier run has committed. Throws FILE_CHANGED when there are not so many. */
  skip(count: number): Promise<void>;
  close(): void;
}

// A malformed line of these ends the import before anything is written: the file is corrected and imported again.

export function openViewRows(parameters: JobParameters, checked?: ExecutionContext): Promise<RowSource<ViewRow>> {
  return openRows('views', { parameters, checked }, refuseBadLines(parseViewRow));
}

export function openVideoRows(parameters: JobParameters, checked?: ExecutionContext): Promise<RowSource<VideoRow>> {
  return openRows('videos', { parameters, checked }, refuseBadLines(parseVideoRow));
}

export function openChallengeRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<ChallengeRow>> {
  return openRows('challenges', { parameters, checked }, refuseBadLines(parseChallengeRow));
}

export function openProofRows(parameters: JobParameters, checked?: ExecutionContext): Promise<RowSource<ProofRow>> {
  return openRows('proofs', { parameters, checked }, refuseBadLines(parseProofRow));
}

export function openDepositAccountRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<DepositAccountRow>> {
  return openRows('deposit-accounts', { parameters, checked }, refuseBadLines(parseDepositAccountRow));
}

export function openDepositEntryRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<DepositEntryRow>> {
  return openRows('deposit-entries', { parameters, checked }, refuseBadLines(parseDepositEntryRow));
}

// A malformed line of these, which move points, is a row all the same: it is set aside, and the others are posted.

export function openMemberRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<MemberRow>>> {
  const { columns, parse } = memberFields();
  return openRows('members', { parameters, checked }, setAsideBadLines(columns, parse));
}

export function openGrantRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<JournalRequest>>> {
  const { columns, parse } = grantFields(parameters);
  return openRows('grants', { parameters, checked }, setAsideBadLines(columns, parse));
}

export function openCouponRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<CouponRow>>> {
  return openLines('coupons', couponFields(), { parameters, checked });
}

export function openCouponRequestRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<CouponRequestRow>>> {
  return openLines('coupon-requests', couponRequestFields(), { parameters, checked });
}

export function openStockMovementRows(
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<StockMovementRow>>> {
  return openLines('stock-movements', stockMovementFields(), { parameters, checked });
}

function openLines<T>(
  kind: ImportKind,
  { columns, parse }: OwnFields<T>,
  run: CheckedRun,
): Promise<RowSource<FileLine<T>>> {
  return openRows(kind, run, setAsideBadLines(columns, parse));
}

export function openPaymentRows(
  kind: 'payment-orders' | 'payment-approvals',
  parameters: JobParameters,
  checked?: ExecutionContext,
): Promise<RowSource<FileLine<PaymentRow>>> {
  const { columns, parse } = paymentFields(kind, parameters);
  return openRows(kind, { parameters, checked }, setAsideBadLines(columns, parse));
}

export interface OwnFields<T> {
  readonly columns: readonly ColumnDefinition[];
  /** Of a record that holds just these columns, in this order. */
  readonly parse: ParseFields<T>;
}

export function memberFields(): OwnFields<MemberRow> {
  return ownFields('members', parseMemberRow);
}

export function couponFields(): OwnFields<CouponRow> {
  return ownFields('coupons', parseCouponRow);
}

export function couponRequestFields(): OwnFields<CouponRequestRow> {
  return ownFields('coupon-requests', parseCouponRequestRow);
}

export function stockMovementFields(): OwnFields<StockMovementRow> {
  return ownFields('stock-movements', parseStockMovementRow);
}

/** @param parse takes the places of the kind's columns in a record that holds just these, in their order */
function ownFields<T>(
  kind: ImportKind,
  parse: (record: InputRecord, places: readonly number[], reading: Reading) => T,
): OwnFields<T> {
  const columns = columnsOf(kind);
  const places = columns.map((_, index) => index);
  return { columns, parse: (record, reading) => parse(record, places, reading) };
}

export function grantFields(parameters: JobParameters): OwnFields<JournalRequest> {
  const dayZone = parameters.require('day-zone');
  return { columns: columnsOf('grants'), parse: (record, reading) => parseGrant(record, reading, dayZone) };
}

export function paymentFields(
  kind: 'payment-orders' | 'payment-approvals',
  parameters: JobParameters,
): OwnFields<PaymentRow> {
  const unit = amountUnitOf(parameters);
  const parse = kind === 'payment-orders' ? parsePaymentOrder : parsePaymentApproval;
  return { columns: columnsOf(kind), parse: (record, reading) => parse(record, reading, unit) };
}

/** Records that are held at once while passing over others. */
const SKIP_ROWS = 10_000;

/** What a file is read with. */
interface OpenFile {
  readonly file: string;
  /** Where a record that has as many fields as the header holds each of `columns`; -1: the file does not have it. */
  readonly places: readonly number[];
  /** Indexes of those `columns` that stand in the last field of a line. */
  readonly lastColumns: readonly number[];
  /** Columns of the file that nothing is taken from, and that are not ignored. */
  readonly unused: readonly string[];
  readonly columns: readonly ColumnDefinition[];
  /** Fields of the header, and so of each record. */
  readonly fieldCount: number;
  readonly reading: Reading;
}

type ParseRow<T> = (record: FileRecord, open: OpenFile) => T;

function refuseBadLines<T>(
  parse: (record: InputRecord, places: readonly number[], reading: Reading) => T,
): ParseRow<T> {
  return (record, { file, columns, places, fieldCount, reading }) => {
    const { fields, line } = record;
    try {
      if (record.fieldCount !== fieldCount) {
        throw new LineProblem(`${record.fieldCount} fields, expected ${fieldCount}`);
      }
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

/** The run that reads: `checked` is the job's context once `check-file` has put the number of rows there. */
interface CheckedRun {
  readonly parameters: JobParameters;
  readonly checked: ExecutionContext | undefined;
}

/** Throws a usage error when the file is no longer the one that the run was started with. */
async function openRows<T>(kind: ImportKind, run: CheckedRun, parse: ParseRow<T>): Promise<RowSource<T>> {
  const { parameters } = run;
  const file = parameters.require('file');
  const columns = columnsOf(kind);
  const records = await openChecked(parameters, file);
  const takesOpenLine = parameters.get(ALLOW_OPEN_LINE) === 'true';
  let open: OpenFile;
  try {
    if (records.headerTail !== undefined && !takesOpenLine) throw openLine(file, 1);
    const map = columnMapOf(kind, parameters);
    const located = locateColumns(records.header, columns, map, ignoredColumnsOf(kind, parameters), file);
    open = {
      file,
      columns,
      places: keepUsed(records, located.places),
      lastColumns: columns.flatMap((_, column) =>
        located.places[column] === records.header.length - 1 ? [column] : [],
      ),
      unused: located.unused,
      fieldCount: records.header.length,
      reading: readingOf(parameters),
    };
  } catch (error) {
    records.close();
    throw error;
  }
  const rowsChecked = run.checked?.getLong(FILE_ROWS);
  let rowCount = 0;
  const parseOne = (record: FileRecord): T => {
    const row = parse(record, open);
    if (record.tail !== undefined && !takesOpenLine) requireWholeLine(record, open);
    return row;
  };
  /** The next records; none at the end, when there were as many as `check-file` has seen. */
  const next = async (limit: number): Promise<FileRecord[]> => {
    const found = await records.read(limit);
    rowCount += found.length;
    if (found.length === 0 && rowsChecked !== undefined && rowsChecked !== BigInt(rowCount)) {
      throw fileChanged(file, `it has ${rowCount} rows, and had ${rowsChecked}`);
    }
    return found;
  };
  let ahead: Promise<FileRecord[]> | undefined;
  return {
    has: (column) => open.places[columns.findIndex(({ name }) => name === column)] >= 0,
    unused: open.unused,
    warnings: () => open.reading.oddYears.warnings(),
    async read(limit) {
      const found = await (ahead ?? next(limit));
      if (found.length === 0) return undefined;
      const rows = found.slice(0, limit).map(parseOne);
      // The next records are parsed while the database is busy with these.
      ahead = found.length > limit ? Promise.resolve(found.slice(limit)) : next(limit);
      ahead.catch(() => {});
      return rows;
    },
    async skip(count) {
      for (let left = count; left > 0; ) {
        const passed = await next(Math.min(left, SKIP_ROWS));
        if (passed.length === 0) throw fileChanged(file, `it has ${rowCount} rows, and ${count} were written`);
        left -= passed.length;
      }
    },
    close: records.close,
  };
}

/**
 * Where the records that come will hold the columns. Fields that nobody uses are not kept, where they are more than the
 * others: that takes time for each record.
 */
function keepUsed(records: Records, places: readonly number[]): readonly number[] {
  const used = places.filter((place) => place >= 0);
  if (records.header.length <= 2 * used.length) return places;
  records.keep(used);
  let kept = 0;
  return places.map((place) => (place < 0 ? -1 : kept++));
}

async function openChecked(parameters: JobParameters, name: string): Promise<Records> {
  const path = parameters.require('path');
  const expected =
    name === STDIN && !statSync(path, { throwIfNoEntry: false })?.isFile() ? undefined : await digestFile(path);
  if (expected?.digest !== parameters.require('digest')) {
    if (name === STDIN) {
      const hint = 'give the same input to the same command again: it goes on there';
      throw usageError('this import came from standard input or a pipe, and its copy is gone', hint);
    }
    const hint = 'run settle import again with the new file';
    throw usageError(`${showName(path)} has changed since this import was started`, hint);
  }
  const encoding = parseEncoding(parameters.get('encoding') ?? defaultEncoding);
  return await openRecords({ path, name, expected, encoding });
}
