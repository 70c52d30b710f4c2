/**
 * knex's better-sqlite3 client with four things made right: transactions take the write lock when they begin, 64-bit
 * integers come back exact, each connection has the file's pragmas and our function, and the thread is not blocked while
 * another one writes, nor for longer than a statement. Loaded only when SQLite is used.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Database as SqliteConnection } from 'better-sqlite3';
import BetterSqlite3Client, {
  type KnexQueryObject,
  type KnexTransactionRunner,
} from 'knex/lib/dialects/better-sqlite3/index.js';

import { giveTurn, turnIsDue } from './turn.ts';

/** How long a statement waits for another process's or thread's write lock. */
const BUSY_TIMEOUT_MS = 30_000;
/** How often to look whether the lock is free. */
const BUSY_POLL_MS_MAX = 25;

export class SqliteClient extends BetterSqlite3Client {
  /**
   * A deferred BEGIN takes the write lock at its first write; when another connection has written since its first
   * read, that fails at once with SQLITE_BUSY, whatever the timeout. BEGIN IMMEDIATE waits at the start instead.
   */
  override transaction(...parameters: unknown[]): KnexTransactionRunner {
    const transaction = super.transaction(...parameters);
    // readSnapshot (snapshot.ts) asks for an isolation level. It only reads: in WAL mode that needs no lock.
    const isSnapshot = (parameters[1] as { isolationLevel?: string } | undefined)?.isolationLevel !== undefined;
    const begin = isSnapshot ? 'BEGIN' : 'BEGIN IMMEDIATE';
    transaction.begin = (connection: unknown) => transaction.query(connection, begin);
    return transaction;
  }

  override async acquireRawConnection(): Promise<SqliteConnection> {
    const connection = await super.acquireRawConnection();
    try {
      configureConnection(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  override async _query(connection: unknown, query: KnexQueryObject): Promise<KnexQueryObject> {
    const done = await waitForLock(connection as SqliteConnection, () => super._query(connection, query));
    if (turnIsDue()) await giveTurn();
    if (Array.isArray(done.response)) done.response.forEach(makeIntegersPlain);
    else if (done.response) makeIntegersPlain(done.response as Record<string, unknown>);
    if (done.context) makeIntegersPlain(done.context);
    return done;
  }
}

/** Pragmas of every connection to the file, knex's and the scanners'. */
export function configureConnection(connection: SqliteConnection): void {
  // First, so that the change to WAL waits as well.
  connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // Readers go on while one writer writes.
  connection.pragma('journal_mode = WAL');
  // NORMAL would not sync the WAL at commit: after a power cut, chunks reported as committed, and a run reported as
  // completed, could be gone. Chunks are large, so one sync for each costs little.
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.defaultSafeIntegers(true);
  // As MySQL's: see `Dialect.rowDigest`. A bigint, because a number would become a floating-point value.
  connection.function('settle_crc32', { deterministic: true }, (text) => BigInt(crc32(String(text))));
}

/** SQLite's own waiting would block the thread. In a transaction the lock is there already. */
async function waitForLock<T>(connection: SqliteConnection, run: () => Promise<T>): Promise<T> {
  if (connection.inTransaction) return await run();
  const deadlineMs = performance.now() + BUSY_TIMEOUT_MS;
  for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, BUSY_POLL_MS_MAX)) {
    connection.pragma('busy_timeout = 0');
    try {
      return await run();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SQLITE_BUSY' || performance.now() >= deadlineMs) throw error;
    } finally {
      connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
    await sleep(waitMs);
  }
}

/** As mysql2 does with `supportBigNumbers`: a number where that is exact, else decimal text. */
function makeIntegersPlain(row: Record<string, unknown>): void {
  for (const name in row) {
    const value = row[name];
    if (typeof value !== 'bigint') continue;
    const number = Number(value);
    row[name] = Number.isSafeInteger(number) ? number : value.toString();
  }
}
