/**
 * Rows of a plain query one after another, in bounded memory: for readers that are simple rather than fast.
 */
import type { Database } from './database.ts';

/** Rows as the driver gives them (integers: see values.ts). Ending the loop early frees the connection. */
export async function* streamRows(
  database: Database,
  sql: string,
  bindings: readonly (string | number)[],
): AsyncGenerator<Record<string, unknown>> {
  if (database.dialect.name !== 'sqlite') {
    yield* database.knex.raw(sql, [...bindings]).stream() as AsyncIterable<Record<string, unknown>>;
    return;
  }
  // Knex cannot stream from better-sqlite3, whose own iterator is just that.
  const client = database.knex.client;
  const connection = await client.acquireConnection();
  try {
    yield* connection
      .prepare(sql)
      .safeIntegers(true)
      .iterate(...bindings);
  } finally {
    await client.releaseConnection(connection);
  }
}
