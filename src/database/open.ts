/**
 * Opens a database by its URL: picks the driver, sets up each session, finds out which server answers. The drivers are
 * loaded here and only here, when a database is really opened, so that `settle --help` stays instant.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import type { Knex } from 'knex';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import type { Database, Transaction } from './database.ts';
import type { Dialect } from './dialect.ts';
import { mariadbDialect } from './dialect-mariadb.ts';
import { mysqlDialect } from './dialect-mysql.ts';
import { sqliteDialect } from './dialect-sqlite.ts';
import { toSettleError } from './errors.ts';
import { connectServerStream } from './server-stream.ts';
import { prepareSession } from './session-settings.ts';
import { protectionOf } from './tls.ts';
import { parseDatabaseUrl, type ServerUrl, type SqliteUrl } from './url.ts';

export interface OpenOptions {
  /** Connections at most (servers only; default 4). A scanner holds one for as long as it is open. */
  readonly poolSizeMax?: number;
  /** SQLite only: false refuses a file that does not exist instead of creating it. Default true. */
  readonly create?: boolean;
}

const POOL_SIZE_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
/** Silence after which the operating system asks whether the other side is still there. */
const KEEP_ALIVE_DELAY_MS = 30_000;
/** Waiting for a free connection of the pool; more than a connection attempt takes. */
const ACQUIRE_TIMEOUT_MS = 30_000;
/** Bound of `close`: a server that does not answer a goodbye must not keep the process alive. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Errors reach the caller as rejections; knex would print them, with stack, a second time. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

/**
 * Opens the database and makes sure that it answers, within 10 s or so. Throws a SettleError: exit code 2 when the URL,
 * the user or the database name is wrong, 1 when the server cannot be reached.
 */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  const parsed = parseDatabaseUrl(url);
  const knex = await (parsed.kind === 'sqlite' ? createSqliteKnex(parsed, options) : createServerKnex(parsed, options));
  keepDriverMessages(knex);
  let dialect: Dialect;
  try {
    dialect = parsed.kind === 'sqlite' ? await probeSqlite(knex) : await detectServer(knex);
  } catch (error) {
    await closeKnex(knex);
    throw toSettleError(error, parsed.displayUrl);
  }
  let closed: Promise<void> | undefined;
  return {
    dialect,
    knex,
    url,
    displayUrl: parsed.displayUrl,
    transaction: (work, { idleSecondsMax } = {}) =>
      runTransaction(knex, (tx) => dialect.withIdleLimit(tx, idleSecondsMax, () => work(tx))),
    close() {
      closed ??= closeKnex(knex);
      return closed;
    },
  };
}

/** knex puts the statement before a driver's message; the message alone is kept where MySQL's errors have it anyway. */
function keepDriverMessages(knex: Knex): void {
  knex.on('query-error', (error: { message: string; sqlMessage?: string }, { sql }: { sql: string }) => {
    const prefix = `${sql} - `;
    if (error.message.startsWith(prefix)) error.sqlMessage ??= error.message.slice(prefix.length);
  });
}

/** knex's transaction, but for two things it does when a statement of its own fails. */
async function runTransaction<T>(knex: Knex, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  try {
    return await knex.transaction(async (tx) => {
      // When BEGIN fails, knex rejects with its error and calls this all the same.
      if (tx.isCompleted()) return undefined as T;
      try {
        return await work(tx);
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    // When ROLLBACK fails too (lost connection, or SQLite has rolled back on a full disk), its error is not the news.
    throw failure === undefined ? error : failure.error;
  }
}

async function createSqliteKnex(url: SqliteUrl, options: OpenOptions): Promise<Knex> {
  if (options.create === false && !existsSync(url.path)) {
    throw new SettleError('DATABASE_UNKNOWN', ExitCode.usage, `there is no database file ${url.path}`, {
      hint: 'run `settle migrate` to create it, or set SETTLE_DATABASE_URL to the right one',
    });
  }
  createOwnFile(url.path);
  const [{ default: createKnex }, { SqliteClient }] = await Promise.all([import('knex'), import('./sqlite-client.ts')]);
  return createKnex({
    client: SqliteClient,
    connection: { filename: url.path },
    useNullAsDefault: true,
    // One: SQLite has one writer, and a second connection of this thread would block the thread that the first one
    // needs to commit.
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    compileSqlOnError: false,
    log: silent,
  });
}

/**
 * An SQLite file that does not exist yet, for its owner alone; SQLite gives its -wal and -shm the same mode. Where it
 * cannot be made, opening it says why.
 */
function createOwnFile(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch {
    // It is there, and keeps the mode that it has.
  }
}

async function createServerKnex(url: ServerUrl, options: OpenOptions): Promise<Knex> {
  const protection = await protectionOf(url);
  const [{ default: createKnex }, { ServerClient }] = await Promise.all([import('knex'), import('./server-client.ts')]);
  return createKnex({
    client: ServerClient,
    // Or knex asks for it on each first connection, before the session is set up, and swallows what is answered.
    version: 'latest',
    connection: {
      host: url.host,
      port: url.port,
      user: url.user,
      password: url.password,
      database: url.database,
      ...protection,
      charset: 'utf8mb4',
      timezone: 'Z',
      dateStrings: true,
      // JSON as its text: values.ts knows no objects.
      jsonStrings: true,
      // A BIGINT is a number where that is exact and decimal text beyond 2^53, as on SQLite (values.ts).
      supportBigNumbers: true,
      bigNumberStrings: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // TLS wraps the socket and reads by itself.
      ...(url.tls === undefined ? { stream: () => connectServerStream(url.host, url.port) } : {}),
      enableKeepAlive: true,
      // Notices within a minute that the server's machine has vanished, instead of waiting for an answer for ever.
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    } as Knex.MySql2ConnectionConfig,
    pool: { min: 0, max: options.poolSizeMax ?? POOL_SIZE_MAX, afterCreate: prepareSession(url.answerSecondsMax) },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    compileSqlOnError: false,
    log: silent,
  });
}

/** `mysql:` and `mariadb:` URLs are taken alike: the server says what it is. */
async function detectServer(knex: Knex): Promise<Dialect> {
  const [rows] = await knex.raw('SELECT VERSION() AS version');
  const version = String(rows[0].version);
  const isMariadb = /mariadb/i.test(version);
  const [, major, minor] = /^(\d{1,6})\.(\d{1,6})\./.exec(version.replace(/^5\.5\.5-/, '')) ?? [];
  const number = Number(major) * 100 + Number(minor);
  if (number < (isMariadb ? 1006 : 800)) {
    throw usageError(`the database server ${version} is too old`, 'MariaDB 10.6 or MySQL 8.0 is the oldest supported');
  }
  return isMariadb ? mariadbDialect : mysqlDialect;
}

/** SQLite looks into a file only when it must: this reads its header. */
async function probeSqlite(knex: Knex): Promise<Dialect> {
  await knex.raw('SELECT count(*) FROM sqlite_master');
  return sqliteDialect;
}

/** Waits for connections in use to come back, then says goodbye; after a while it just hangs up. */
async function closeKnex(knex: Knex): Promise<void> {
  const { pool } = knex.client;
  const inUse = () =>
    (pool.used as { resource: { destroy?(): void; close?(): void } }[]).map(({ resource }) => resource);
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      for (const connection of inUse()) (connection.destroy ?? connection.close)?.call(connection);
      resolve();
    }, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([knex.destroy(), bound]).finally(() => clearTimeout(timer));
}
