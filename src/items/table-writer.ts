/** An ItemWriter that inserts its items into a table, as fast as the database takes them (src/database/bulk-insert.ts). */
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/database.ts';
import type { InsertTarget } from '../database/dialect.ts';
import type { SqlValue } from '../database/values.ts';
import type { ItemWriter } from './item-parts.ts';

/** Values of so many items are made at a time, so that they are gone before the garbage collector looks at them. */
const SLICE_ITEMS = 5000;

/** @param valuesOf the values of an item, in the order of `target.columns` */
export function tableWriter<O>(
  { dialect }: Database,
  target: InsertTarget,
  valuesOf: (item: O) => readonly SqlValue[],
): ItemWriter<O, unknown> {
  return {
    async write(items, tx) {
      for (let first = 0; first < items.length; first += SLICE_ITEMS) {
        await bulkInsert(tx, dialect, target, items.slice(first, first + SLICE_ITEMS).map(valuesOf));
      }
    },
  };
}
