/** The lock by which transactions take turns. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database, Transaction } from '../../../src/database/database.ts';
import { lockName, lockRow } from '../../../src/database/lock-row.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';

describe.each(testDatabases())('a row that is locked on $name', ({ name }) => {
  let place: TestDatabase;
  let one: Database;
  let other: Database;

  beforeEach(async () => {
    place = await freshDatabase(name);
    one = await openDatabase(place.url);
    other = await openDatabase(place.url);
    await one.knex.raw(
      'CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (a, b))',
    );
    await one.knex.raw('CREATE TABLE settle_lock (name VARCHAR(64) NOT NULL PRIMARY KEY)');
  });
  afterEach(async () => {
    await other.close();
    await one.close();
    await place.drop();
  });

  test('is made once, read under the lock, and never changed by it', async () => {
    const key = { a: 1, b: 2 };
    expect(await one.transaction((tx) => lockRow(tx, 't', key))).toBeUndefined();
    const options = { columns: ['n'], initial: { n: 5 } };
    expect(await one.transaction((tx) => lockRow(tx, 't', key, options))).toEqual({ n: 5 });
    await one.knex('t').update({ n: 6 });
    expect(await one.transaction((tx) => lockRow(tx, 't', key, options))).toEqual({ n: 6 });
    expect(await one.knex('t')).toEqual([{ ...key, n: 6 }]);
  });

  test.each(['first-comers', 'later ones'])('holds the others up until its transaction ends: %s', async (who) => {
    if (who === 'later ones') {
      await one.knex('t').insert({ a: 1, b: 1, n: 0 });
      await one.knex('settle_lock').insert({ name: 'turn' });
    }
    for (const lock of [
      (tx: Transaction) => lockName(tx, 'turn'),
      (tx: Transaction) => lockRow(tx, 't', { a: 1, b: 1 }, { initial: { n: 0 } }),
      // By now the row is there.
      (tx: Transaction) => lockRow(tx, 't', { a: 1, b: 1 }),
    ]) {
      const order: string[] = [];
      const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
      const first = one.transaction(async (tx) => {
        await lock(tx);
        locked();
        await new Promise((resolve) => setTimeout(resolve, 300));
        order.push('first');
      });
      await isLocked;
      const second = other.transaction(async (tx) => {
        await lock(tx);
        order.push('second');
      });
      await Promise.all([first, second]);
      expect(order).toEqual(['first', 'second']);
    }
  });
});
