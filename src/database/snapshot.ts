/** Reads that belong together, of one moment, while others go on writing. */
import type { Database, Transaction } from './database.ts';

/**
 * Reads of one moment for a transaction that holds a lock and writes: of after the lock was taken, whatever others commit
 * meanwhile, and without what the transaction itself writes. On SQLite, where nobody else writes meanwhile, it is the
 * transaction.
 */
export async function withSnapshot<T>(
  database: Database,
  tx: Transaction,
  work: (snapshot: Transaction) => Promise<T>,
): Promise<T> {
  return database.dialect.name === 'sqlite' ? await work(tx) : await readSnapshot(database, work);
}

/** Runs `work` in a transaction that only reads and whose statements all see the database as its first one found it. */
export async function readSnapshot<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const { knex, dialect } = database;
  return await knex.transaction((tx) => dialect.withIdleLimit(tx, undefined, () => work(tx)), {
    isolationLevel: 'repeatable read',
  });
}
