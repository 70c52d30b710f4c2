/**
 * A lock by name that holds until the transaction ends: for work that runs of different instances must do in turn.
 * Unlike `Dialect.withLock` it is part of the caller's transaction, and goes with it.
 */
import { bulkInsert } from './bulk-insert.ts';
import type { Transaction } from './database.ts';
import type { Dialect } from './dialect.ts';

/** Waits for its turn. Take several locks in the order of their names, or two runs can wait for each other. */
export async function lockRow(tx: Transaction, dialect: Dialect, name: string): Promise<void> {
  // Where the row exists, not changing it still locks it, in every dialect.
  await bulkInsert(tx, dialect, { table: 'settle_lock', columns: ['name'], mode: 'ignore', keys: ['name'] }, [[name]]);
}
