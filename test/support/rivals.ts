/**
 * A rival: another writer that commits one transaction while a run is at work, before its first statement, before its
 * second, and so on. After each run the tables must be what one of the two serial orders makes of them: the rival first
 * and then the run, or the run first and then the rival.
 *
 * The run is in this process. A rival that has to wait for a lock of the run waits, and commits when it gets through.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { defaultRetryPolicy } from '../../src/engine/retry-policy.ts';
import { withRetry } from '../../src/engine/retrying.ts';
import type { CrashBench } from './crash-bench.ts';

type Work = (database: Database) => Promise<void>;

/** When the rival comes; `alone`: not at all. */
export type SerialOrder = 'before' | 'after' | 'alone';

export interface RivalCase {
  /** Fills the tables of a database that is empty but for its schema. */
  readonly prepare: Work;
  readonly run: Work;
  /** One transaction. What it may not do any more after the run, it leaves. */
  readonly rival: Work;
  /** What is compared; nothing that depends on the order of ids or on the time of day. */
  readonly picture: (database: Database) => Promise<unknown>;
  /** Asserts that a serial order is right by itself, so that not both are wrong in the same way. */
  readonly checkSerial?: (database: Database, order: SerialOrder) => Promise<void>;
}

export interface RivalResult {
  /** Statements of a run without a rival. */
  readonly statements: number;
  /** Both orders end alike. */
  readonly isCommuting: boolean;
  /** Points after which the tables were as if the rival had come first, and as if it had come last. */
  readonly before: number;
  readonly after: number;
  /** One line a point at which they were neither. */
  readonly failures: readonly string[];
}

/** So long a rival may take before it is held to wait for a lock. Too short only makes it commit a little later. */
const RIVAL_MS = 150;

/** @param choose which of the points, from 1, are tried; statement `sqls[point - 1]` comes after the rival */
export async function meetRivals(
  bench: CrashBench,
  rivalCase: RivalCase,
  choose: (points: readonly number[], sqls: readonly string[]) => readonly number[],
): Promise<RivalResult> {
  const { run, rival } = rivalCase;
  const serial = async (order: SerialOrder, works: readonly Work[]) =>
    await onFreshDatabase(bench, rivalCase, async (database) => {
      for (const work of works) await work(database);
      await rivalCase.checkSerial?.(database, order);
      return JSON.stringify(await rivalCase.picture(database));
    });
  const before = await serial('before', [rival, run]);
  const after = await serial('after', [run, rival]);
  const alone = await serial('alone', [run]);
  if (before === alone && after === alone) throw new Error('the rival changes nothing, whenever it comes');

  const sqls = await listStatements(bench, rivalCase);
  const isCommuting = before === after;
  const result = { statements: sqls.length, isCommuting, before: 0, after: 0, failures: [] as string[] };
  const points = sqls.map((_, i) => i + 1);
  for (const point of choose(points, sqls)) {
    const { picture, met } = await meetAt(bench, rivalCase, point);
    if (picture === before) result.before++;
    else if (picture === after) result.after++;
    else result.failures.push(`before statement ${point}, ${met}: ${picture}\nfirst: ${before}\nlast:  ${after}`);
  }
  return result;
}

async function onFreshDatabase<T>(
  { reset, url }: CrashBench,
  { prepare }: RivalCase,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  await reset();
  const database = await openDatabase(url);
  try {
    await prepare(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

async function listStatements(bench: CrashBench, rivalCase: RivalCase): Promise<string[]> {
  const sqls: string[] = [];
  return await onFreshDatabase(bench, rivalCase, async (database) => {
    const hook = hookStatements(database, async (sql) => void sqls.push(sql));
    try {
      await rivalCase.run(database);
      return sqls;
    } finally {
      hook.remove();
    }
  });
}

async function meetAt(
  bench: CrashBench,
  rivalCase: RivalCase,
  point: number,
): Promise<{ readonly picture: string; readonly met: string }> {
  return await onFreshDatabase(bench, rivalCase, async (database) => {
    const other = await openDatabase(bench.url);
    let met = 'which was not met';
    let rival: Promise<void> | undefined;
    const hook = hookStatements(database, async (sql, count) => {
      if (count !== point) return;
      met = sql.replace(/\s+/g, ' ').slice(0, 120);
      rival = outsideOfCount.run(true, () => withRetry(patient, () => rivalCase.rival(other)));
      rival.catch(() => {});
      await Promise.race([rival, sleep(RIVAL_MS)]);
    });
    try {
      try {
        await rivalCase.run(database);
      } finally {
        hook.remove();
        await (rival ?? rivalCase.rival(other));
      }
      return { picture: JSON.stringify(await rivalCase.picture(database)), met };
    } catch (error) {
      // Told with its point, among the failures.
      return { picture: error instanceof Error ? `${error.name}: ${error.message}` : String(error), met };
    } finally {
      await other.close();
    }
  });
}

/** A deadlock with the run costs one of them an attempt. */
const patient = {
  policy: defaultRetryPolicy,
  circuit: { isOpen: false },
  isStopRequested: () => false,
  logger: pino({ level: 'silent' }),
};

/** Set for statements of the rival. */
const outsideOfCount = new AsyncLocalStorage<boolean>();

interface Client {
  _query(connection: unknown, query: { readonly sql: string }): Promise<unknown>;
}

/** Calls `before` ahead of every statement of this database's kind that does not belong to a rival. */
function hookStatements(database: Database, before: (sql: string, count: number) => Promise<void>): { remove(): void } {
  const prototype: Client = Object.getPrototypeOf(database.knex.client);
  const own = Object.hasOwn(prototype, '_query');
  const original = prototype._query;
  let count = 0;
  prototype._query = async function hookedQuery(this: Client, connection, query) {
    if (outsideOfCount.getStore() !== true) await before(query.sql, ++count);
    return await original.call(this, connection, query);
  };
  return {
    remove() {
      if (own) prototype._query = original;
      else delete (prototype as Partial<Client>)._query;
    },
  };
}
