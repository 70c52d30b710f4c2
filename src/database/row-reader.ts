import type { ColumnBatch } from './column-batch.ts';

/** A bound value; bigints go as 64-bit integers. */
export type RowBinding = bigint | string | Uint8Array;

export interface RowReader {
  /**
   * Runs a SELECT whose columns are those of `into`, in their order, and adds its rows. A value that is not of its
   * column's type ends up in `into.unreadable`. One query at a time.
   * @throws SettleError COLUMN_TYPE (exit 2) when a column is declared as something else
   */
  read(sql: string, bindings: readonly RowBinding[], into: ColumnBatch): Promise<void>;
}
