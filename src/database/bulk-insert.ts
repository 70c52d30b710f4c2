/**
 * Bulk writes: many rows a statement, bounded in bytes and rows, inside whatever transaction the caller has open.
 */
import type { Executor } from './database.ts';
import type { Dialect, InsertTarget, RowsToInsert } from './dialect.ts';
import type { SqlValue } from './values.ts';

/**
 * Inserts the rows in order; they may be made while they are asked for, which holds a few hundred of them. All or
 * nothing only inside a transaction. Every `mode` but `insert` needs `keys`. Throws the driver's error (errors.ts sorts
 * it).
 */
export async function bulkInsert(
  executor: Executor,
  dialect: Dialect,
  target: InsertTarget,
  rows: Iterable<readonly SqlValue[]>,
): Promise<void> {
  await bulkInsertAll(executor, dialect, [{ target, rows }]);
}

/**
 * As `bulkInsert`, into several tables in this order: while the database has the rows of one, those of the next may be
 * made. Nothing is inserted after what failed.
 */
export async function bulkInsertAll(
  executor: Executor,
  dialect: Dialect,
  inserts: readonly RowsToInsert[],
): Promise<void> {
  const some = inserts.filter(({ rows }) => !Array.isArray(rows) || rows.length > 0);
  for (const { target } of some) {
    if ((target.mode ?? 'insert') !== 'insert' && !target.keys?.length) {
      throw new TypeError(`mode ${target.mode} needs the key columns of ${target.table}`);
    }
  }
  if (some.length > 0) await dialect.insertRows(executor, some);
}
