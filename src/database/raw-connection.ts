/** Lends out the driver's own connection behind a knex or a knex transaction, for what knex is too slow or too clever. */
import type { Executor } from './database.ts';

/** Runs `work` on the transaction's connection, or on one of the pool for as long as `work` takes. */
export async function withRawConnection<C, T>(executor: Executor, work: (connection: C) => Promise<T>): Promise<T> {
  // knex checks this for its own statements; past it, the connection may already serve someone else.
  if (executor.isTransaction && (executor as { isCompleted?: () => boolean }).isCompleted?.()) {
    throw new Error('the transaction has already ended');
  }
  const connection: C = await executor.client.acquireConnection();
  try {
    return await work(connection);
  } finally {
    await executor.client.releaseConnection(connection);
  }
}
