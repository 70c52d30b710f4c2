/** ItemWriters for a table: rows go in, or change, by as few statements as the database takes (src/database/bulk-insert.ts). */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { InsertTarget } from '../database/dialect.ts';
import { classifyError } from '../database/errors.ts';
import { instantText } from '../database/instant.ts';
import type { SqlValue } from '../database/values.ts';
import type { ItemWriter } from '../steps/item-step.ts';

/** Values of so many items are made at a time, so that they are gone before the garbage collector looks at them. */
const SLICE_ITEMS = 5000;
/** Rows and parameters of one UPDATE or DELETE, which SQLite bounds. */
const CHANGED_ROWS = 500;
const CHANGED_VALUES = 10_000;
/** Before the rows of one statement, so that a bad one can be looked for. */
const SAVEPOINT = 'settle_rows';

/**
 * What becomes of each item: the modes of InsertTarget (`replace-values` is an upsert), `update` of the columns that are no
 * keys, or `delete` of the rows with its keys. An update or delete of a row that is not there changes nothing.
 */
export interface WriteTarget extends Omit<InsertTarget, 'mode'> {
  readonly mode?: InsertTarget['mode'] | 'update' | 'delete';
}

/** @param valuesOf the values of an item, in the order of `target.columns`; default: its members of these names */
export function tableWriter<O extends object>(
  database: Database,
  target: WriteTarget,
  valuesOf: (item: O) => readonly SqlValue[] = membersOf<O>(target),
): ItemWriter<O, unknown> {
  const { mode } = target;
  if (mode === 'update' || mode === 'delete') {
    const change = changeOf(database, target, mode);
    const rowValues = (target.keys?.length ?? 0) * (target.columns.length + 1) + target.columns.length;
    const size = Math.max(1, Math.min(CHANGED_ROWS, Math.floor(CHANGED_VALUES / rowValues)));
    return writer(size, valuesOf, change);
  }
  const into: InsertTarget = { ...target, mode };
  return writer(SLICE_ITEMS, valuesOf, (tx, rows) => bulkInsert(tx, database.dialect, into, rows));
}

type Rows = readonly (readonly SqlValue[])[];

function writer<O extends object>(
  size: number,
  valuesOf: (item: O) => readonly SqlValue[],
  writeRows: (tx: Transaction, rows: Rows) => Promise<void>,
): ItemWriter<O, unknown> {
  return {
    async write(items, tx) {
      for (let first = 0; first < items.length; first += size) {
        const slice = items.slice(first, first + size);
        const rows = slice.map(valuesOf);
        if (slice.length > 1) await tx.raw(`SAVEPOINT ${SAVEPOINT}`);
        try {
          await writeRows(tx, rows);
        } catch (error) {
          throw await blaming(slice, rows, error, tx, writeRows);
        }
      }
    },
  };
}

/**
 * The error with the item that it is about, as its `item`: a bulk statement does not say which. Looks for it by halves, in
 * the transaction that is to be rolled back anyway.
 */
async function blaming<O>(
  items: readonly O[],
  rows: Rows,
  error: unknown,
  tx: Transaction,
  writeRows: (tx: Transaction, rows: Rows) => Promise<void>,
): Promise<unknown> {
  if (classifyError(error) !== 'data') return error;
  let found = error;
  // The first row of those that fail is in [first, end).
  let [first, end] = [0, items.length];
  while (end - first > 1) {
    const middle = Math.ceil((first + end) / 2);
    try {
      await tx.raw(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
      // From the beginning: what fails may be that it is there twice.
      await writeRows(tx, rows.slice(0, middle));
      first = middle;
    } catch (failure) {
      if (classifyError(failure) !== 'data') return error;
      found = failure;
      end = middle;
    }
  }
  return Object.assign(found as Error, { item: items[first] });
}

function membersOf<O extends object>({ table, columns }: WriteTarget): (item: O) => readonly SqlValue[] {
  return (item) =>
    columns.map((name) => {
      const value: unknown = Reflect.get(item, name);
      const problem = value === undefined ? `the item for ${table} has no ${name}` : problemOf(value, name, table);
      if (problem !== undefined) throw Object.assign(new TypeError(problem), { item });
      return sqlValueOf(value);
    });
}

function problemOf(value: unknown, name: string, table: string): string | undefined {
  if (value instanceof Date && Number.isNaN(value.getTime())) return `${name} of the item for ${table} is no time`;
  if (isWritable(value)) return undefined;
  const what = typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  return `${name} of the item for ${table} is ${what}, which no column takes`;
}

type Writable = SqlValue | boolean | Date;

function isWritable(value: unknown): value is Writable {
  if (value === null || value instanceof Uint8Array || value instanceof Date) return true;
  return ['number', 'bigint', 'string', 'boolean'].includes(typeof value);
}

/** A time as UTC with milliseconds, true as 1. */
export function sqlValueOf(value: unknown): SqlValue {
  if (value instanceof Date) return instantText(value.getTime());
  return typeof value === 'boolean' ? Number(value) : (value as SqlValue);
}

/** One statement for all rows: `UPDATE ... SET c = CASE WHEN key = ? THEN ? ... END WHERE key IN (...)`. */
function changeOf(
  { dialect }: Database,
  { table, columns, keys = [] }: WriteTarget,
  mode: 'update' | 'delete',
): (tx: Transaction, rows: readonly (readonly SqlValue[])[]) => Promise<void> {
  if (keys.length === 0) throw new TypeError(`mode ${mode} needs the key columns of ${table}`);
  const quote = dialect.quoteIdentifier;
  const keyPlaces = keys.map((name) => columns.indexOf(name));
  if (keyPlaces.includes(-1)) throw new TypeError(`the keys of ${table} are not among its columns`);
  const isRow = `(${keys.map((name) => `${quote(name)} = ?`).join(' AND ')})`;
  const keyOf = (row: readonly SqlValue[]) => keyPlaces.map((place) => row[place]);
  const changed = columns.filter((name) => !keys.includes(name));
  if (mode === 'update' && changed.length === 0) throw new TypeError(`nothing of ${table} is to be updated`);
  return async (tx, all) => {
    // Of several changes of one row the last one stays: by the key's text, and where a collation takes two texts for one,
    // as the first WHEN that fits is taken.
    const rows = [...new Map(all.map((row) => [keyOf(row).map(String).join('\0'), row])).values()].reverse();
    const values: SqlValue[] = [];
    const sets =
      mode === 'delete'
        ? []
        : changed.map((name) => {
            for (const row of rows) values.push(...keyOf(row), row[columns.indexOf(name)]);
            return `${quote(name)} = CASE ${rows.map(() => `WHEN ${isRow} THEN ?`).join(' ')} ELSE ${quote(name)} END`;
          });
    for (const row of rows) values.push(...keyOf(row));
    const head = mode === 'delete' ? `DELETE FROM ${quote(table)}` : `UPDATE ${quote(table)} SET ${sets.join(', ')}`;
    await tx.raw(`${head} WHERE ${rows.map(() => isRow).join(' OR ')}`, values.map(bindable));
  };
}

/** knex's types know no bigint, which the drivers take as its digits. */
function bindable(value: SqlValue): string | number | Buffer | null {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return typeof value === 'bigint' ? value.toString() : value;
}
