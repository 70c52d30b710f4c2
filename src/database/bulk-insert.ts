/**
 * Bulk writes: many rows a statement, bounded in bytes and rows, inside whatever transaction the caller has open.
 */
import type { Executor } from './database.ts';
import type { Dialect, InsertTarget } from './dialect.ts';
import type { SqlValue } from './values.ts';

/**
 * Inserts the rows in order; they may be made while they are asked for, which holds a few hundred of them. All or nothing only inside a transaction. Every `mode` but `insert` needs `keys`.
 * Throws the driver's error (errors.ts sorts it).
 */
export async function bulkInsert(
  executor: Executor,
  dialect: Dialect,
  target: InsertTarget,
  rows: Iterable<readonly SqlValue[]>,
): Promise<void> {
  if (Array.isArray(rows) && rows.length === 0) return;
  if ((target.mode ?? 'insert') !== 'insert' && !target.keys?.length) {
    throw new TypeError(`mode ${target.mode} needs the key columns of ${target.table}`);
  }
  await dialect.insertRows(executor, target, rows);
}
