/**
 * MySQL 8 and later: ids come from one-row tables with the columns of Spring Batch's own schema for MySQL.
 */
import type { Executor, Transaction } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { serverDialect } from './dialect-server.ts';
import { SESSION_IDLE_SECONDS_MAX } from './session-settings.ts';
import { toNumber } from './values.ts';

export const mysqlDialect: Dialect = {
  ...serverDialect,
  name: 'mysql',
  dropSequence: (name) => [`DROP TABLE IF EXISTS ${serverDialect.quoteIdentifier(name)}`],
  nextSequenceValue: nextTableValue,
  raiseSequence: raiseTableValue,
  withIdleLimit,
};

/** The one limit that there is holds outside of transactions too: in the pool, where idleness is no fault. */
async function withIdleLimit<T>(tx: Transaction, seconds: number | undefined, work: () => Promise<T>): Promise<T> {
  if (seconds === undefined) return await work();
  await tx.raw(`SET SESSION wait_timeout = ${seconds}`);
  const result = await work();
  // After a failure the connection is soon replaced.
  await tx.raw(`SET SESSION wait_timeout = ${SESSION_IDLE_SECONDS_MAX}`);
  return result;
}

/** Steps a one-row table. */
export async function nextTableValue(executor: Executor, name: string): Promise<number> {
  // LAST_INSERT_ID(expression) comes back in the answer to the UPDATE itself: no second statement, so it does not
  // matter that the next one might use another connection of the pool.
  const [result] = await executor.raw(
    `UPDATE ${serverDialect.quoteIdentifier(name)} SET ID = LAST_INSERT_ID(ID + 1) LIMIT 1`,
  );
  if (result.affectedRows !== 1) throw new Error(`the sequence table ${name} has no row`);
  return toNumber(result.insertId);
}

export async function raiseTableValue(executor: Executor, name: string, value: number): Promise<void> {
  await executor.raw(`UPDATE ${serverDialect.quoteIdentifier(name)} SET ID = GREATEST(ID, ?)`, [value]);
}
