/** An ItemWriter that inserts its items into a table, as fast as the database takes them (src/database/bulk-insert.ts). */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/database.ts';
import type { InsertTarget } from '../database/dialect.ts';
import type { SqlValue } from '../database/values.ts';
import type { ItemWriter } from './item-handlers.ts';

/** @param valuesOf the values of an item, in the order of `target.columns` */
export function tableWriter<O>(
  { dialect }: Database,
  target: InsertTarget,
  valuesOf: (item: O) => readonly SqlValue[],
): ItemWriter<O> {
  return { write: (items, tx) => bulkInsert(tx, dialect, target, items.map(valuesOf)) };
}
