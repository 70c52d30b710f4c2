import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigration } from '../../../migrations/apply.ts';
import { engineMigrations } from '../../../migrations/engine/index.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { isSettleError } from '../../../src/errors.ts';
import { freshDatabase, serverDatabases, type TestDatabase, testDatabases } from '../../support/databases.ts';

describe.each(testDatabases())('the dialect of $name', ({ name }) => {
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

  test('a sequence counts from 1 and never gives a value twice', async () => {
    const { dialect, knex } = database;
    const sequence = 'BATCH_STEP_EXECUTION_SEQ';
    await applyMigration(engineMigrations.find(({ name }) => name === '0007_batch_step_execution_seq')!, knex, name);
    expect(await dialect.nextSequenceValue(knex, sequence)).toBe(1);
    expect(await database.transaction((tx) => dialect.nextSequenceValue(tx, sequence))).toBe(2);
    const many = await Promise.all(Array.from({ length: 30 }, () => dialect.nextSequenceValue(knex, sequence)));
    expect(new Set(many).size).toBe(30);
    expect(Math.min(...many)).toBe(3);
    for (const statement of dialect.dropSequence(sequence)) await knex.raw(statement);
    for (const statement of dialect.dropSequence(sequence)) await knex.raw(statement);
  });

  test('now is UTC with microseconds, as a value and as an expression', async () => {
    const before = Date.now();
    const now = await database.dialect.now(database.knex);
    expect(now).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(Math.abs(Date.parse(`${now.replace(' ', 'T')}Z`) - before)).toBeLessThan(5000);
    const { columnTypes, nowExpression } = database.dialect;
    await database.knex.raw(`CREATE TABLE t (at ${columnTypes.instantMicros})`);
    await database.knex.raw(`INSERT INTO t (at) VALUES (${nowExpression})`);
    expect((await database.knex('t'))[0].at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  });

  test('every column type makes a column, and names are compared by every character', async () => {
    const { columnTypes: types, tableOptions, quoteIdentifier } = database.dialect;
    const columns = `id ${types.bigint} PRIMARY KEY, a ${types.integer}, b ${types.instantMillis}, c ${types.date},
      d ${types.blob}, e ${types.longText}, name ${types.varchar(100)} UNIQUE`;
    await database.knex.raw(`CREATE TABLE ${quoteIdentifier('odd name')} (${columns})${tableOptions}`);
    await database.knex('odd name').insert([
      { id: 1, name: 'a', b: '2026-03-01 00:00:00.123', c: '2026-03-01' },
      { id: 2, name: 'A' },
      { id: 3, name: 'á' },
    ]);
    expect((await database.knex('odd name').where({ name: 'a' }))[0]).toMatchObject({
      id: 1,
      b: '2026-03-01 00:00:00.123',
      c: '2026-03-01',
    });
  });

  test('a lock lets one in at a time', async () => {
    await database.knex.raw('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const other = await openDatabase(own.url);
    const events: string[] = [];
    const enter = (who: Database, label: string) =>
      who.dialect.withLock(who, 'migrate', 20, async (executor) => {
        events.push(`${label} in`);
        await executor('t').insert({ id: events.length });
        await new Promise((resolve) => setTimeout(resolve, 50));
        events.push(`${label} out`);
      });
    try {
      // One after the other on SQLite, where waiting for the file blocks the thread that the holder needs.
      if (name === 'sqlite') {
        await enter(database, 'a');
        await enter(other, 'b');
      } else await Promise.all([enter(database, 'a'), enter(other, 'b')]);
      expect(events.map((event) => event.slice(2))).toEqual(['in', 'out', 'in', 'out']);
      expect(events[0][0]).toBe(events[1][0]);
      await expect(
        database.dialect.withLock(database, 'migrate', 1, () => Promise.reject(new Error('no'))),
      ).rejects.toThrow('no');
      await enter(other, 'b');
    } finally {
      await other.close();
    }
  });
});

describe.each(serverDatabases())('a lock on $name', ({ name }) => {
  test('that stays taken is reported after its time', async () => {
    const own = await freshDatabase(name);
    const [holder, waiter] = await Promise.all([openDatabase(own.url), openDatabase(own.url)]);
    try {
      await holder.dialect.withLock(holder, 'migrate', 1, async () => {
        const error = await waiter.dialect
          .withLock(waiter, 'migrate', 1, async () => undefined)
          .catch((e: unknown) => e);
        expect(isSettleError(error) && error.code).toBe('LOCK_TIMEOUT');
        await waiter.dialect.withLock(waiter, 'another', 1, async () => undefined);
      });
    } finally {
      await Promise.all([holder.close(), waiter.close()]);
      await own.drop();
    }
  });
});
