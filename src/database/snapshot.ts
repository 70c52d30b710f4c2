/** Reads that belong together, of one moment, while others go on writing. */
import type { Database, Transaction } from './database.ts';

/** Runs `work` in a transaction that only reads and whose statements all see the database as its first one found it. */
export async function readSnapshot<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return await database.knex.transaction(work, { isolationLevel: 'repeatable read' });
}
