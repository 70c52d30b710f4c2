/**
 * The lock that transactions take turns by: a row, held until the transaction ends. Unlike `Dialect.withLock` it goes with
 * the transaction. On SQLite every transaction holds the file, so the statements only read the row or make it.
 */
import type { Transaction } from './database.ts';
import type { Row } from './values.ts';

export interface LockOptions {
  /** What to read of the row. Default: its key. */
  readonly columns?: readonly string[];
  /** What else a row has that is made because there is none. Without it a missing row is not made. */
  readonly initial?: Readonly<Record<string, unknown>>;
}

/**
 * Waits until no other transaction holds the row. Take several locks in one order, or two transactions wait for each other.
 * @param key the whole primary key: of a part of it servers would lock what lies between rows too
 * @returns the row as it is under the lock; undefined when there is none and none was to be made
 * @throws the driver's error, of a wait beyond `ROW_LOCK_WAIT_SECONDS_MAX` too: a transient one
 */
export async function lockRow(
  tx: Transaction,
  table: string,
  key: Readonly<Record<string, string | number>>,
  { columns = Object.keys(key), initial }: LockOptions = {},
): Promise<Row | undefined> {
  if (initial !== undefined) {
    // Made first, so that two first-comers meet on it. Where it exists, not changing it still locks it, in every dialect.
    const names = Object.keys(key);
    await tx(table)
      .insert({ ...key, ...initial })
      .onConflict(names)
      .merge(names);
  }
  return await tx(table)
    .where(key)
    .forUpdate()
    .first(...columns);
}

/** As `lockRow`, by a name of the caller's choice: for work that runs of different instances must do in turn. */
export async function lockName(tx: Transaction, name: string): Promise<void> {
  await lockRow(tx, 'settle_lock', { name }, { initial: {} });
}
