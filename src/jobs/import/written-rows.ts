/**
 * What an import of views has written so far: range of ids and rows by business date. It is saved with each commit, so a
 * restart goes on counting.
 */
import type { ContextValue, ExecutionContext } from '../../engine/execution-context.ts';
import { businessDateOf, businessDay } from '../../rules/business-time.ts';

/** Dates that are told apart; rows of further ones are counted together, so that a context stays small. */
const DATES_MAX = 400;
/** Business days begin and end at whole quarters of UTC hours, or the quarter is looked at row by row. */
const QUARTER_MS = 900_000;
const QUARTERS_MAX = 50_000;

const ZONE = 'written.zone';
const DATES = 'written.dates';
const FURTHER = 'written.furtherRows';
const UNDATED = 'written.undatedRows';
const FIRST_ID = 'written.firstId';
const LAST_ID = 'written.lastId';

/** Of all executions of the instance. */
export interface WrittenRows {
  /** Of the dates. */
  readonly zone: string;
  readonly firstId: bigint | undefined;
  readonly lastId: bigint | undefined;
  /** Date -> rows; the first 400 dates that came. */
  readonly dates: ReadonlyMap<string, number>;
  /** Rows of other dates. */
  readonly furtherRows: number;
  /** Rows without a time. */
  readonly undatedRows: number;
}

/** Undefined: the context is of a version that did not count, or of a step that does not. */
export function writtenRowsIn(context: Readonly<Record<string, ContextValue>>): WrittenRows | undefined {
  const zone = context[ZONE];
  if (typeof zone !== 'string') return undefined;
  const count = (key: string) => Number(context[key] ?? 0);
  const id = (key: string) => (context[key] === undefined ? undefined : BigInt(String(context[key])));
  const dates = new Map<string, number>();
  for (const entry of String(context[DATES] ?? '').split(' ')) {
    const [date, rows] = entry.split('=');
    if (rows !== undefined) dates.set(date, Number(rows));
  }
  const counts = { furtherRows: count(FURTHER), undatedRows: count(UNDATED) };
  return { zone, firstId: id(FIRST_ID), lastId: id(LAST_ID), dates, ...counts };
}

/** Puts it where `writtenRowsIn` finds it. */
export function saveWrittenRows(state: ExecutionContext, written: WrittenRows): void {
  state.put(ZONE, written.zone);
  state.put(DATES, [...written.dates].map(([date, rows]) => `${date}=${rows}`).join(' '));
  state.put(FURTHER, BigInt(written.furtherRows));
  state.put(UNDATED, BigInt(written.undatedRows));
  if (written.firstId !== undefined) state.put(FIRST_ID, written.firstId);
  if (written.lastId !== undefined) state.put(LAST_ID, written.lastId);
}

/** As saved by an earlier execution of the instance, or nothing yet. The zone of what is saved stays. */
export function openWrittenRows(state: ExecutionContext, zone: string): WrittenRows {
  const keys = [ZONE, DATES, FURTHER, UNDATED, FIRST_ID, LAST_ID];
  const saved = keys.flatMap((key) => {
    const value = state.get(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  const nothing = { firstId: undefined, lastId: undefined, furtherRows: 0, undatedRows: 0 };
  return writtenRowsIn(Object.fromEntries(saved)) ?? { zone, dates: new Map(), ...nothing };
}

/** With a chunk's rows besides; `written` stays as it is, for a chunk may be tried again. */
export function withChunk(
  written: WrittenRows,
  ids: { readonly first: bigint; readonly last: bigint } | undefined,
  chunk: ReadonlyMap<string | null, number>,
): WrittenRows {
  const { zone, firstId, lastId } = written;
  let { furtherRows, undatedRows } = written;
  const dates = new Map(written.dates);
  for (const [date, rows] of chunk) {
    const known = date === null ? undefined : dates.get(date);
    if (date === null) undatedRows += rows;
    else if (known !== undefined || dates.size < DATES_MAX) dates.set(date, (known ?? 0) + rows);
    else furtherRows += rows;
  }
  const first = ids === undefined || (firstId !== undefined && firstId < ids.first) ? firstId : ids.first;
  const last = ids === undefined || (lastId !== undefined && lastId > ids.last) ? lastId : ids.last;
  return { zone, firstId: first, lastId: last, dates, furtherRows, undatedRows };
}

/** Counts instants (milliseconds since 1970) by business date; null: rows without a time. */
export function dateCounter(zone: string): (instants: Iterable<number | null>) => Map<string | null, number> {
  // Quarter of an hour -> its date; null: it lies in two.
  const quarters = new Map<number, string | null>();
  const ends = new Map<string, number>();
  const dateOfQuarter = (quarter: number): string | null => {
    const date = businessDateOf(quarter * QUARTER_MS, zone);
    if (quarters.size >= QUARTERS_MAX) {
      quarters.clear();
      ends.clear();
    }
    const endMs = ends.get(date) ?? businessDay(date, zone).endMs;
    ends.set(date, endMs);
    const isWhole = (quarter + 1) * QUARTER_MS <= endMs;
    quarters.set(quarter, isWhole ? date : null);
    return isWhole ? date : null;
  };
  return (instants) => {
    const byQuarter = new Map<number, number>();
    const byDate = new Map<string | null, number>();
    const add = (date: string | null, rows: number) => byDate.set(date, (byDate.get(date) ?? 0) + rows);
    for (const instant of instants) {
      if (instant === null) {
        add(null, 1);
        continue;
      }
      const quarter = Math.floor(instant / QUARTER_MS);
      if ((quarters.get(quarter) ?? dateOfQuarter(quarter)) === null) add(businessDateOf(instant, zone), 1);
      else byQuarter.set(quarter, (byQuarter.get(quarter) ?? 0) + 1);
    }
    for (const [quarter, rows] of byQuarter) add(quarters.get(quarter) ?? dateOfQuarter(quarter), rows);
    return byDate;
  };
}
