/**
 * A file that was cut off mostly ends in the middle of a line. A last line without a line end is taken only when no
 * longer line could have begun with it: 12 may be the beginning of 123, `2026-11-20T00:00:00Z` is the beginning of no
 * other time.
 */
import type { SettleError } from '../../errors.ts';
import type { ColumnDefinition } from './columns.ts';
import type { Tail } from './line-ends.ts';
import { malformed } from './malformed.ts';
import type { FileRecord } from './records.ts';

/** What values of a column look like; a column that is not here holds free text. */
const KINDS: Readonly<Record<string, 'integer' | 'time' | 'date' | 'word'>> = {
  id: 'integer',
  video_id: 'integer',
  viewer_id: 'integer',
  creator_id: 'integer',
  challenge_id: 'integer',
  user_id: 'integer',
  play_seconds: 'integer',
  ad_views: 'integer',
  min_members: 'integer',
  stake: 'integer',
  threshold_percent: 'integer',
  fee_bp: 'integer',
  coupon_id: 'integer',
  product_id: 'integer',
  quota: 'integer',
  quantity: 'integer',
  amount: 'integer',
  viewed_at: 'time',
  joined_at: 'time',
  quit_at: 'time',
  granted_at: 'time',
  expires_at: 'time',
  opens_at: 'time',
  closes_at: 'time',
  requested_at: 'time',
  happened_at: 'time',
  start_date: 'date',
  end_date: 'date',
  proof_date: 'date',
  status: 'word',
  kind: 'word',
  no_winner_policy: 'word',
};
const WHOLE_DATE = /^\d{4}-\d\d-\d\d$/;
/** A whole time with its offset, behind which nothing can stand. */
const WHOLE_TIME = /\d:\d\d(:\d\d([.,]\d+)?)? ?([Zz]|[+-]\d\d:?\d\d)$/;

/** The file of the record, as its header says. */
interface Table {
  readonly file: string;
  readonly fieldCount: number;
  /** Where a record holds each of `columns`. */
  readonly places: readonly number[];
  /** Indexes of those `columns` that stand in the last field of a line. */
  readonly lastColumns: readonly number[];
  readonly columns: readonly ColumnDefinition[];
}

/** `record` has no line end. Throws MALFORMED_INPUT when it may be the beginning of another. */
export function requireWholeLine(record: FileRecord, table: Table): void {
  const { file, fieldCount, places, lastColumns, columns } = table;
  const isWholeColumn = (column: number) =>
    isWhole(record.fields[places[column]], record.tail, KINDS[columns[column].name]);
  // A column that nobody reads may be cut off.
  if (record.fieldCount === fieldCount && lastColumns.every(isWholeColumn)) return;
  throw openLine(file, record.line);
}

/** Exit code 2: `line` is the last one, and may be cut off. */
export function openLine(file: string, line: number): SettleError {
  const hint = 'end it with a line break; --allow-partial-last-line takes it as it is';
  return malformed(file, line, 'the last line has no end: the file may be cut off in it', hint);
}

function isWhole(text: string, tail: Tail | undefined, kind: string | undefined): boolean {
  switch (kind) {
    case undefined:
      // A quote that closes a text may be the first of two, which stand for one inside of it.
      return false;
    case 'integer':
      return tail === 'quote' || (tail === 'blank' && text !== '');
    case 'date':
      return tail === 'quote' || WHOLE_DATE.test(text);
    case 'word':
      // None of them begins with another.
      return tail === 'quote' || text !== '';
    default:
      return tail === 'quote' || WHOLE_TIME.test(text);
  }
}
