/**
 * Ends a process by SIGKILL at an exact point of its talk with the database. Preloaded by `NODE_OPTIONS=--import` into
 * the real command line and its worker threads (kill-run.ts does so), it wraps what the drivers send and counts over
 * all threads together: statements, and commits, which are COMMITs and writes outside of a transaction.
 *
 *   SETTLE_KILL_MODE   count             kills nothing
 *                      before-statement  before the Nth statement is sent: between two of them
 *                      sent-statement    when the Nth statement was sent, without waiting for the answer
 *                      before-commit     before the Nth commit is sent
 *                      after-commit      when the database has acknowledged the Nth commit, before the program knows
 *   SETTLE_KILL_AT     N, from 1
 *   SETTLE_KILL_MATCH  regular expression, ignoring case; other statements do not count
 *   SETTLE_KILL_COUNTS a file for the counts, {"statements": n, "commits": n}, of a process that was not killed
 */
import { writeFileSync } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const SHARED = 'settle-kill-counters';
const STATEMENTS = 0;
const COMMITS = 1;

const mode = process.env.SETTLE_KILL_MODE ?? 'count';
const killAt = Number(process.env.SETTLE_KILL_AT ?? 0);
const match = new RegExp(process.env.SETTLE_KILL_MATCH ?? '', 'i');
const counters = sharedCounters();

const BEGINS = /^\s*(BEGIN|START TRANSACTION)\b/i;
const ENDS = /^\s*(COMMIT|ROLLBACK)\b(?! TO)/i;
const COMMIT = /^\s*COMMIT\b/i;
const WRITES = /^\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE)\b|\bNEXTVAL\(/i;

/** One statement on its way: what is to be done at each point of it. */
interface Passage {
  sent(): void;
  acknowledged(): void;
}

const uncounted: Passage = { sent() {}, acknowledged() {} };

/** Called before a statement is sent. `isInTransaction`: whether the connection has one open. */
function pass(sql: string, isInTransaction: boolean): Passage {
  if (!match.test(sql)) return uncounted;
  const statement = Atomics.add(counters, STATEMENTS, 1) + 1;
  const isCommit = COMMIT.test(sql) || (!isInTransaction && WRITES.test(sql));
  const commit = isCommit ? Atomics.add(counters, COMMITS, 1) + 1 : 0;
  killIf(mode === 'before-statement' && statement === killAt);
  killIf(mode === 'before-commit' && commit === killAt);
  return {
    sent: () => killIf(mode === 'sent-statement' && statement === killAt),
    acknowledged: () => killIf(mode === 'after-commit' && commit === killAt),
  };
}

function killIf(condition: boolean): void {
  if (condition) process.kill(process.pid, 'SIGKILL');
}

/** The main thread makes them; each worker is given them with its environment data. */
function sharedCounters(): Int32Array {
  if (!isMainThread) return new Int32Array(getEnvironmentData(SHARED) as SharedArrayBuffer);
  const buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(SHARED, buffer);
  return new Int32Array(buffer);
}

// biome-ignore lint/suspicious/noExplicitAny: wraps methods of any shape
type Method = (...args: any[]) => any;

function wrap(prototype: Record<string, Method>, name: string, wrapper: (original: Method) => Method): void {
  prototype[name] = wrapper(prototype[name]);
}

/** Everything on SQLite goes through a Statement or `exec`, and is done when the call returns. */
async function wrapSqlite(): Promise<void> {
  const { default: SqliteDatabase } = await import('better-sqlite3');
  const probe = new SqliteDatabase(':memory:');
  const statements = Object.getPrototypeOf(probe.prepare('SELECT 1'));
  probe.close();
  const around = (sql: string, isInTransaction: boolean, call: () => unknown): unknown => {
    const passage = pass(sql, isInTransaction);
    const result = call();
    passage.sent();
    passage.acknowledged();
    return result;
  };
  for (const name of ['run', 'get', 'all', 'iterate']) {
    wrap(statements, name, (original) => {
      return function (this: import('better-sqlite3').Statement, ...args: unknown[]) {
        return around(this.source, this.database.inTransaction, () => original.apply(this, args));
      };
    });
  }
  wrap(SqliteDatabase.prototype as unknown as Record<string, Method>, 'exec', (original) => {
    return function (this: import('better-sqlite3').Database, sql: string) {
      return around(sql, this.inTransaction, () => original.call(this, sql));
    };
  });
}

/** mysql2 writes a command to the socket within the call, as each connection here has one at a time. */
async function wrapServer(): Promise<void> {
  const { default: mysql } = await import('mysql2');
  const { Connection } = mysql as unknown as { Connection: { prototype: Record<string, Method> } };
  const inTransaction = new WeakSet<object>();
  for (const name of ['query', 'execute']) {
    wrap(Connection.prototype, name, (original) => {
      return function (this: object, ...args: unknown[]) {
        const sql = typeof args[0] === 'string' ? args[0] : (args[0] as { sql: string }).sql;
        const passage = pass(sql, inTransaction.has(this));
        if (BEGINS.test(sql)) inTransaction.add(this);
        else if (ENDS.test(sql)) inTransaction.delete(this);
        const command = original.apply(this, args);
        passage.sent();
        // Emitted when the answer is complete; the caller's callback runs after it.
        command.once('end', () => passage.acknowledged());
        return command;
      };
    });
  }
}

await (process.env.SETTLE_DATABASE_URL?.startsWith('sqlite:') ? wrapSqlite() : wrapServer());

const countsFile = process.env.SETTLE_KILL_COUNTS;
if (isMainThread && countsFile !== undefined) {
  process.on('exit', () => {
    writeFileSync(countsFile, JSON.stringify({ statements: counters[STATEMENTS], commits: counters[COMMITS] }));
  });
}
