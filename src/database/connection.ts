import type { Knex } from 'knex';
import './bigint-bindings.ts';

/** An open transaction; SQL goes through it as through knex. */
export type Transaction = Knex.Transaction;
/** Either of the two that can run a statement. */
export type Executor = Knex | Knex.Transaction;

/** An open database without what is known of its dialect: what the files of a dialect are given. */
export interface DatabaseConnection {
  readonly knex: Knex;
  /** The URL it was opened with. Holds the password: hand it to worker threads only, never to a log. */
  readonly url: string;
  /** The URL without its password, for people. */
  readonly displayUrl: string;
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. On SQLite it takes the
   * write lock at its start (BEGIN IMMEDIATE), so that it waits for the lock instead of failing in the middle.
   * @param options.idleSecondsMax the server ends it when nothing is sent for so long; see `Dialect.withIdleLimit`
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly idleSecondsMax?: number }): Promise<T>;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}
