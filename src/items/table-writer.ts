/** ItemWriters for a table: rows go in, or change, by as few statements as the database takes (src/database/bulk-insert.ts). */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { InsertTarget } from '../database/dialect.ts';
import type { SqlValue } from '../database/values.ts';
import type { ItemWriter } from '../steps/item-step.ts';

/** Values of so many items are made at a time, so that they are gone before the garbage collector looks at them. */
const SLICE_ITEMS = 5000;
/** Rows and parameters of one UPDATE or DELETE, which SQLite bounds. */
const CHANGED_ROWS = 500;
const CHANGED_VALUES = 10_000;

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
    return { write: (items, tx) => inSlices(items, size, (slice) => change(tx, slice.map(valuesOf))) };
  }
  const into: InsertTarget = { ...target, mode };
  return {
    write: (items, tx) =>
      inSlices(items, SLICE_ITEMS, (slice) => bulkInsert(tx, database.dialect, into, slice.map(valuesOf))),
  };
}

async function inSlices<T>(
  items: readonly T[],
  size: number,
  write: (slice: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < items.length; first += size) await write(items.slice(first, first + size));
}

function membersOf<O extends object>({ table, columns }: WriteTarget): (item: O) => readonly SqlValue[] {
  return (item) =>
    columns.map((name) => {
      const value: unknown = Reflect.get(item, name);
      if (value === undefined) throw new TypeError(`an item for ${table} has no ${name}`);
      if (isSqlValue(value)) return value;
      throw new TypeError(`${name} of an item for ${table} is a ${typeof value}, which no column takes`);
    });
}

function isSqlValue(value: unknown): value is SqlValue {
  return value === null || ['number', 'bigint', 'string'].includes(typeof value) || value instanceof Uint8Array;
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
    // Of several changes of one row the last one stays.
    const rows = [...new Map(all.map((row) => [keyOf(row).map(String).join('\0'), row])).values()];
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
