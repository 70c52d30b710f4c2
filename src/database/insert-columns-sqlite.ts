/** Inserts a batch on SQLite: one prepared statement run for each row. */
import type { ColumnBatch } from './column-batch.ts';
import { sqlRowAt } from './column-values.ts';
import type { Executor } from './connection.ts';
import type { InsertSyntax } from './dialect.ts';
import { insertSqliteRows } from './insert-rows-sqlite.ts';

export async function insertSqliteColumns(executor: Executor, syntax: InsertSyntax, batch: ColumnBatch): Promise<void> {
  await insertSqliteRows(executor, syntax, batch.specs.length, rowsOf(batch));
}

function* rowsOf(batch: ColumnBatch): Generator<ReturnType<typeof sqlRowAt>> {
  for (let row = 0; row < batch.size; row++) yield sqlRowAt(batch, row);
}
