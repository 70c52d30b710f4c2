import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ColumnBatch } from '../../../src/database/column-batch.ts';
import { openScanner } from '../../../src/database/column-scan.ts';
import type { Database, Executor, Transaction } from '../../../src/database/database.ts';
import { classifyError, toSettleError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { readSnapshot } from '../../../src/database/snapshot.ts';
import { isSettleError, type SettleError } from '../../../src/errors.ts';
import {
  administer,
  freshDatabase,
  serverDatabases,
  type TestDatabase,
  testDatabases,
} from '../../support/databases.ts';

async function refusal(work: Promise<unknown>): Promise<SettleError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSettleError(error)) throw new Error('no SettleError', { cause: error });
  expect(error.message).not.toMatch(/\n|secret/);
  return error;
}

describe.each(testDatabases())('a database on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url);
  });
  afterEach(async () => {
    await database.close();
    await own.drop();
  });

  test('knows its dialect', () => {
    expect(database.dialect.name).toBe(name);
  });

  test('64-bit integers come back exact: numbers where they are, text where they would not be', async () => {
    const { columnTypes } = database.dialect;
    await database.knex.raw(`CREATE TABLE t (id ${columnTypes.bigint} PRIMARY KEY)`);
    const ids = [
      '-9223372036854775808',
      '-9007199254740992',
      -9007199254740991,
      0,
      9007199254740991,
      '9007199254740992',
    ];
    for (const id of ids) await database.knex.raw('INSERT INTO t (id) VALUES (?)', [BigInt(id) as unknown as number]);
    expect((await database.knex('t').orderBy('id')).map((row) => row.id)).toEqual(ids);
  });

  test('a transaction commits what it did, or nothing', async () => {
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const work = database.transaction(async (tx) => {
      await tx('t').insert({ id: 1 });
      return 'done';
    });
    expect(await work).toBe('done');
    const failure = new Error('no');
    await expect(
      database.transaction(async (tx) => {
        await tx('t').insert({ id: 2 });
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await database.knex('t')).toEqual([{ id: 1 }]);
  });

  test('the error of the work is what a transaction rejects with, also when the rollback fails', async () => {
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const failure = new Error('the news');
    const failed = database.transaction(async (tx) => {
      await tx('t').insert({ id: 1 });
      if (name === 'sqlite') await tx.raw('ROLLBACK');
      else {
        const [[{ id }]] = await tx.raw('SELECT CONNECTION_ID() AS id');
        await administer(name, `KILL ${id}`);
      }
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 0 }]);
  });

  test('a broken constraint is data, a missing table of settle an old schema, another one the user’s', async () => {
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await database.knex('t').insert({ id: 1 });
    const duplicate = await database
      .knex('t')
      .insert({ id: 1 })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(classifyError(duplicate)).toBe('data');
    const missing = await database.knex('nothing_here').then(
      () => undefined,
      (error: unknown) => toSettleError(error),
    );
    expect(missing).toMatchObject({ exitCode: 2, hint: expect.stringContaining('a table of your own') });
    expect(missing?.message).toContain('nothing_here');
    expect(missing?.message).not.toMatch(/select/i);
    const own = await database.knex('settle_nothing').then(
      () => undefined,
      (error: unknown) => toSettleError(error),
    );
    expect(own).toMatchObject({ exitCode: 10 });
    const inside = await database
      .transaction((tx) => tx('t').insert({ id: 1 }))
      .then(
        () => undefined,
        (error: unknown) => toSettleError(error),
      );
    expect(inside?.message).toMatch(/^a row breaks a constraint of its table: (UNIQUE|Duplicate)/);
  });

  test('close may be called twice, and ends a thread that has nothing else to do', async () => {
    const module = new URL('../../../src/database/open.ts', import.meta.url).href;
    const code = `
      const { openDatabase } = await import(${JSON.stringify(module)});
      const database = await openDatabase(${JSON.stringify(own.url)});
      await Promise.all([database.knex.raw('SELECT 1'), database.knex.raw('SELECT 2')]);
      await Promise.all([database.close(), database.close()]);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: [] });
    const exitCode = await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    expect(exitCode).toBe(0);
  });
});

describe.each(serverDatabases())('a session on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url, { poolSizeMax: 2 });
  });
  afterEach(async () => {
    await database.close();
    await own.drop();
  });

  test('is in UTC, strict, READ COMMITTED and patient, whatever the server is set to', async () => {
    const [[row]] = await database.knex.raw(
      'SELECT @@session.time_zone AS zone, @@session.sql_mode AS mode, @@session.net_write_timeout AS retryState, ' +
        '@@session.character_set_connection AS charset',
    );
    expect(row).toMatchObject({ zone: '+00:00', retryState: 3600, charset: 'utf8mb4' });
    expect(row.mode).toContain('STRICT_ALL_TABLES');
    const variable = name === 'mariadb' ? 'tx_isolation' : 'transaction_isolation';
    const [[isolation]] = await database.knex.raw(`SELECT @@session.${variable} AS level`);
    expect(isolation.level).toBe('READ-COMMITTED');
  });

  test('either scheme reaches either server', async () => {
    const other = own.url.replace(/^\w+:/, name === 'mariadb' ? 'mysql:' : 'mariadb:');
    const again = await openDatabase(other);
    expect(again.dialect.name).toBe(name);
    await again.close();
  });

  test('a killed connection is a transient error, and the pool goes on with a new one', async () => {
    const [[{ id }]] = await database.knex.raw('SELECT CONNECTION_ID() AS id');
    const killed = database.knex.raw('SELECT SLEEP(10)').then(
      () => undefined,
      (error: unknown) => error,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    await administer(name, `KILL ${id}`);
    expect(classifyError(await killed)).toBe('transient');
    expect((await database.knex.raw('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
  });

  test('a deadlock and a lock wait timeout are transient', async () => {
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER) ENGINE=InnoDB');
    await database.knex('t').insert([
      { id: 1, v: 0 },
      { id: 2, v: 0 },
    ]);
    let arrived = 0;
    let both: () => void = () => {};
    const meeting = new Promise<void>((resolve) => {
      both = resolve;
    });
    const crosswise = (first: number, second: number) =>
      database
        .transaction(async (tx) => {
          await tx('t').where({ id: first }).update({ v: 1 });
          if (++arrived === 2) both();
          await meeting;
          await tx('t').where({ id: second }).update({ v: 1 });
        })
        .then(
          () => 'committed',
          (error: unknown) => classifyError(error),
        );
    expect((await Promise.all([crosswise(1, 2), crosswise(2, 1)])).sort()).toEqual(['committed', 'transient']);

    await database.transaction(async (tx) => {
      await tx('t').where({ id: 1 }).update({ v: 2 });
      const waiting = database.transaction(async (other) => {
        await other.raw('SET SESSION innodb_lock_wait_timeout = 1');
        await other('t').where({ id: 1 }).update({ v: 3 });
      });
      expect(await waiting.then(String, classifyError)).toBe('transient');
    });
  });

  test('a limit of idleness ends the transaction that asked for it, and no other on its connection', async () => {
    const single = await openDatabase(own.url, { poolSizeMax: 1 });
    const other = await openDatabase(own.url);
    try {
      await single.knex.raw('CREATE TABLE t (id BIGINT PRIMARY KEY, v INT)');
      await single.knex('t').insert({ id: 1, v: 0 });
      const idleMs = 2_500;
      const lockAndPause = async (tx: Transaction) => {
        await tx('t').where({ id: 1 }).forUpdate().first();
        await sleep(idleMs);
        await tx('t').where({ id: 1 }).increment('v');
      };
      const paused = single.transaction(lockAndPause, { idleSecondsMax: 1 }).then(() => 'committed', classifyError);
      await sleep(200);
      // Waits for the lock, which is free before the pause is over.
      const beganMs = performance.now();
      await other.transaction((tx) => tx('t').where({ id: 1 }).forUpdate().first());
      expect(performance.now() - beganMs).toBeLessThan(idleMs - 300);
      expect(await paused).toBe('transient');

      const ids = new Set<number>();
      const idOf = async (executor: Executor) => {
        const [[{ id }]] = await executor.raw('SELECT CONNECTION_ID() AS id');
        ids.add(Number(id));
      };
      await single.transaction(idOf, { idleSecondsMax: 1 });
      await sleep(1_500);
      await idOf(single.knex);
      await single.transaction(async (tx) => {
        await idOf(tx);
        await lockAndPause(tx);
      });
      await single.transaction(idOf, { idleSecondsMax: 1 });
      await readSnapshot(single, async (tx) => {
        await idOf(tx);
        await sleep(1_500);
        expect(await tx('t').first()).toMatchObject({ v: 1 });
      });
      expect(ids.size).toBe(1);
    } finally {
      await Promise.all([single.close(), other.close()]);
    }
  });

  // MySQL makes itself a certificate when it is set up; MariaDB 10.11 has none unless it is given one.
  if (name === 'mysql')
    test('an encrypted connection, and a certificate that nobody vouches for', async () => {
      const encrypted = await openDatabase(`${own.url}?ssl-mode=required`);
      try {
        const [[{ Value: cipher }]] = await encrypted.knex.raw("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        expect(cipher).not.toBe('');
        await encrypted.knex.raw('CREATE TABLE t (id BIGINT PRIMARY KEY)');
        await encrypted.knex.raw('INSERT INTO t VALUES (1), (2)');
        const columns = [{ name: 'id', type: 'int64' }] as const;
        const batch = new ColumnBatch(columns, 10);
        const scanner = await openScanner(encrypted);
        expect(await scanner.scan({ table: 't', key: 'id', columns, from: 0n, to: 9n, limit: 10 }, batch)).toBe(2);
        await scanner.close();
      } finally {
        await encrypted.close();
      }
      const refused = await refusal(openDatabase(`${own.url}?ssl-mode=verify-ca`));
      expect(refused).toMatchObject({ exitCode: 2, code: 'DATABASE_TLS' });
      const unreadable = await refusal(openDatabase(`${own.url}?ssl-mode=verify-ca&ssl-ca=no-such-file.pem`));
      expect(unreadable.message).toContain('no-such-file.pem');
    });

  test('close waits for a connection that is in use, but not for ever', async () => {
    const other = await openDatabase(own.url);
    const scanner = await openScanner(other);
    const columns = [{ name: 'id', type: 'int64' }] as const;
    await database.knex.raw('CREATE TABLE slow (id BIGINT PRIMARY KEY)');
    await database.knex.raw('INSERT INTO slow VALUES (1)');
    const query = { table: 'slow', key: 'id', columns, from: 0n, to: 9n, limit: 9, where: 'SLEEP(60) = 0' };
    const scan = scanner.scan(query, new ColumnBatch(columns, 10)).catch((error: unknown) => classifyError(error));
    const start = performance.now();
    await other.close();
    expect(performance.now() - start).toBeLessThan(7000);
    // The server notices the hang-up and ends the statement, one way or the other.
    expect(await Promise.race([scan, new Promise((resolve) => setTimeout(resolve, 8000, 'hangs'))])).not.toBe('hangs');
  });

  test('refusals are one clear line with the right exit code', async () => {
    const { host } = new URL(own.url);
    const unknown = await refusal(openDatabase(`${name}://root@${host}/no_such_database_here`));
    expect(unknown).toMatchObject({ exitCode: 2, code: 'DATABASE_UNKNOWN' });
    // MySQL asks for the whole password of a user that it does not know.
    const asked = name === 'mysql' ? '?allow-public-key-retrieval=true' : '';
    const url = `${name}://nobody:secret@${host}${new URL(own.url).pathname}${asked}`;
    const denied = await refusal(openDatabase(url));
    expect(denied).toMatchObject({ exitCode: 2, code: 'DATABASE_ACCESS_DENIED' });
    expect(denied.message).toContain(host);
  });
});

describe('a server that is not there', () => {
  test('refused at once', async () => {
    const error = await refusal(openDatabase('mysql://u:secret@127.0.0.1:1/d'));
    expect(error).toMatchObject({ exitCode: 1, code: 'DATABASE_UNREACHABLE' });
    expect(error.message).toContain('127.0.0.1:1');
  });

  test('given up on when it accepts and then says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    try {
      const start = performance.now();
      const error = await refusal(openDatabase(`mysql://u:secret@127.0.0.1:${port}/d`));
      expect(error).toMatchObject({ exitCode: 1, code: 'DATABASE_UNREACHABLE' });
      expect(performance.now() - start).toBeLessThan(12_000);
    } finally {
      silent.close();
    }
  });
});

describe('an SQLite file', () => {
  test('that another thread is writing to is waited for; one that stays locked is a transient error', async () => {
    const own = await freshDatabase('sqlite');
    const database = await openDatabase(own.url);
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const module = new URL('../../../src/database/open.ts', import.meta.url).href;
    const code = `
      import { parentPort } from 'node:worker_threads';
      const { openDatabase } = await import(${JSON.stringify(module)});
      const database = await openDatabase(${JSON.stringify(own.url)});
      await database.transaction(async (tx) => {
        await tx('t').insert({ id: 1 });
        parentPort.postMessage('holding');
        await new Promise((resolve) => setTimeout(resolve, 400));
      });
      await database.close();`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: [] });
    try {
      const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
      await new Promise((resolve) => worker.once('message', resolve));
      const impatient = new BetterSqlite3(own.url.slice('sqlite:'.length), { timeout: 0 });
      const refusal = (() => {
        try {
          return impatient.exec('BEGIN IMMEDIATE');
        } catch (error) {
          return classifyError(error);
        } finally {
          impatient.close();
        }
      })();
      expect(refusal).toBe('transient');
      let turns = 0;
      const turn = setInterval(() => turns++, 10);
      await database.transaction((tx) => tx('t').insert({ id: 2 }));
      clearInterval(turn);
      expect(turns, 'the thread went on meanwhile').toBeGreaterThan(0);
      expect(await database.knex('t')).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await ended).toBe(0);
    } finally {
      await worker.terminate();
      await database.close();
      await own.drop();
    }
  });

  test.each([
    ['sqlite:/no/such/folder/x.db', 'DATABASE_FILE_UNOPENABLE'],
    ['sqlite:package.json', 'DATABASE_FILE_FOREIGN'],
    ['sqlite:src', 'DATABASE_FILE_UNOPENABLE'],
  ])('%s is refused', async (url, code) => {
    expect(await refusal(openDatabase(url))).toMatchObject({ exitCode: 2, code });
  });

  test('is not created when the caller does not want that', async () => {
    const error = await refusal(openDatabase('sqlite:no-such-file.db', { create: false }));
    expect(error).toMatchObject({ exitCode: 2, code: 'DATABASE_UNKNOWN' });
  });

  test('is in WAL mode and syncs each commit; a transaction has the write lock from its start', async () => {
    const own = await freshDatabase('sqlite');
    const one = await openDatabase(own.url);
    // One that waits for no lock.
    const two = new BetterSqlite3(own.url.slice('sqlite:'.length), { timeout: 0 });
    try {
      expect(await one.knex.raw('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      expect(await one.knex.raw('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await one.knex.raw('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
      await one.transaction(async (tx) => {
        await tx.raw('SELECT 1');
        expect(() => two.exec('BEGIN IMMEDIATE')).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
      });
    } finally {
      two.close();
      await one.close();
      await own.drop();
    }
  });
});
