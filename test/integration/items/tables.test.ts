/** Rows of tables and queries as plain items, and what goes back into tables. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { ExecutionContext } from '../../../src/engine/execution-context.ts';
import type { PlainRow } from '../../../src/items/plain-rows.ts';
import { queryReader } from '../../../src/items/query-reader.ts';
import { tableReader } from '../../../src/items/table-reader.ts';
import { tableWriter } from '../../../src/items/table-writer.ts';
import type { ItemReader } from '../../../src/steps/item-step.ts';
import { freshDatabase, serverDatabases, type TestDatabase, testDatabases } from '../../support/databases.ts';

async function readAll(reader: ItemReader<PlainRow, unknown>): Promise<PlainRow[]> {
  const items: PlainRow[] = [];
  try {
    await reader.open?.(ExecutionContext.create(), undefined);
    for (let item = await reader.read(); item !== undefined; item = await reader.read()) items.push(item);
  } finally {
    await reader.close?.();
  }
  return items;
}

describe.each(testDatabases())('on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url);
    await database.knex.raw('CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(300), amount DECIMAL(20,2), n BIGINT)');
  });
  afterEach(async () => {
    await database.close();
    await own.drop();
  });

  test('plain rows of a table and of a query, over several fetches', async () => {
    const rows = Array.from({ length: 1300 }, (_, i) => ({
      id: i + 1,
      name: i % 9 === 0 ? null : `점수 ${i}`,
      amount: '0.50',
      n: i,
    }));
    for (let at = 0; at < rows.length; at += 100) await database.knex('t').insert(rows.slice(at, at + 100));
    await database.knex('t').where({ id: 7 }).update({ n: '9007199254740993' });
    const expected = rows.map((row) => ({ ...row, n: row.id === 7 ? 9_007_199_254_740_993n : row.n }));
    const columns = ['id', 'name', 'n'];
    const some = expected.map(({ id, name, n }) => ({ id, name, n }));
    expect(await readAll(tableReader(database, { table: 't', key: 'id', columns }))).toEqual(some);
    expect(await readAll(queryReader(database, { sql: 'SELECT id, name, n FROM t', key: 'id' }))).toEqual(some);
    expect(await readAll(queryReader(database, { sql: 'SELECT id, name, n FROM t ORDER BY id' }))).toEqual(some);
    const amount = name === 'sqlite' ? 0.5 : '0.50';
    expect((await readAll(tableReader(database, { table: 't', key: 'id' })))[1]).toEqual({ ...expected[1], amount });
    expect(
      await readAll(tableReader(database, { table: 't', key: 'id', columns: ['name'], from: 3n, to: 4n })),
    ).toEqual([{ name: rows[2].name }, { name: rows[3].name }]);
  });

  test('bad keys and columns are one clear line', async () => {
    await database.knex('t').insert([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
      { id: 2, name: 'c' },
    ]);
    const table = (options: { key?: string; columns?: string[] }) =>
      readAll(tableReader(database, { table: 't', key: 'id', ...options }));
    await expect(table({})).rejects.toThrow('t has two rows with id 2');
    await expect(table({ columns: ['id', 'nome'] })).rejects.toThrow('t has no column nome');
    await expect(table({ key: 'n' })).rejects.toThrow('t has rows whose n is NULL');
    if (name !== 'sqlite') await expect(table({ key: 'name' })).rejects.toThrow('the key t.name is no integer');
    const query = (key: string) => readAll(queryReader(database, { sql: 'SELECT id, name, n FROM t', key }));
    await expect(query('id')).rejects.toThrow('the query has two rows with id 2');
    await expect(query('n')).rejects.toThrow('the query has rows whose n is NULL');
    expect(await query('name')).toHaveLength(3);
  });

  test('a text key that the database does not tell from another is found out', async () => {
    await database.knex('t').insert([
      { id: 1, name: 'a' },
      { id: 2, name: 'A' },
      { id: 3, name: 'b' },
    ]);
    const collation = { sqlite: 'NOCASE', mariadb: 'utf8mb4_general_ci', mysql: 'utf8mb4_0900_ai_ci' }[name];
    const sql = (how: string) => `SELECT name COLLATE ${how} AS name FROM t`;
    const query = (how: string) => readAll(queryReader(database, { sql: sql(how), key: 'name' }));
    await expect(query(collation)).rejects.toThrow(/the query has two rows with name [aA]$/);
    expect(await query(name === 'sqlite' ? 'BINARY' : 'utf8mb4_bin')).toHaveLength(3);
  });

  test('a query whose order changed is noticed at its restart', async () => {
    await database.knex('t').insert([1, 2, 3].map((id) => ({ id, name: 'x' })));
    const context = ExecutionContext.create();
    const first = queryReader(database, { sql: 'SELECT id FROM t ORDER BY id' });
    await first.open?.(context, undefined);
    await first.read();
    first.saveState(context, (await first.read())!, 2);
    await first.close?.();
    const again = queryReader(database, { sql: 'SELECT id FROM t ORDER BY id DESC' });
    await again.open?.(context, undefined);
    expect(await again.read()).toEqual({ id: 1 });
    await again.close?.();
    await database.knex('t').where({ id: 2 }).update({ id: 9 });
    const changed = queryReader(database, { sql: 'SELECT id FROM t ORDER BY id' });
    await expect(changed.open?.(context, undefined)).rejects.toThrow('is not what it was before the restart: row 2');
    await changed.close?.();
  });

  test('updates and deletes rows by their keys; of two changes of one row the last stays', async () => {
    await database.knex('t').insert([1, 2, 3].map((id) => ({ id, name: 'old', n: 0 })));
    const columns = ['id', 'name', 'n'];
    await database.transaction(async (tx) => {
      const update = tableWriter<{ id: number; name: string; n: bigint }>(database, {
        table: 't',
        columns,
        keys: ['id'],
        mode: 'update',
      });
      await update.write(
        [
          { id: 1, name: 'first', n: 1n },
          { id: 1, name: 'last', n: 2n ** 60n },
          { id: 8, name: 'none', n: 0n },
        ],
        tx,
      );
      const remove = tableWriter<{ id: number }>(database, {
        table: 't',
        columns: ['id'],
        keys: ['id'],
        mode: 'delete',
      });
      await remove.write([{ id: 3 }], tx);
    });
    const rows = await readAll(tableReader(database, { table: 't', key: 'id', columns }));
    expect(rows).toEqual([
      { id: 1, name: 'last', n: 2n ** 60n },
      { id: 2, name: 'old', n: 0 },
    ]);
  });
});

describe.each(serverDatabases())('every column type of $name', ({ name }) => {
  test('reads alike from the bytes of the socket and the plain way', async () => {
    const own = await freshDatabase(name);
    const database = await openDatabase(own.url);
    try {
      await database.knex.raw(`CREATE TABLE t (id BIGINT PRIMARY KEY, a TINYINT, b DECIMAL(30,10), c DOUBLE, d DATE, e DATETIME(6),
        f TIMESTAMP(3) NULL, g TIME(2), h YEAR, i JSON, j BLOB, k TEXT, l ENUM('x','y'), m BIT(9), n VARBINARY(4), o DATETIME,
        p BIGINT UNSIGNED, ${Array.from({ length: 40 }, (_, c) => `w${c} INT`).join(', ')})`);
      const wide = Array.from({ length: 40 }, (_, c) => (c % 3 === 0 ? 'NULL' : String(c)));
      await database.knex.raw(`INSERT INTO t VALUES (1, -5, -12345678901234567890.0123456789, 0.1, '2026-02-28', '2026-03-01 01:02:03.000004',
        '2026-03-01 01:02:03.5', '-101:02:03.25', 2026, '{"a": 1}', x'00ff', REPEAT('한', 300), 'y', b'100000001', x'01020304',
        '2026-03-01 00:00:00', 9007199254740993, ${wide.join(', ')})`);
      await database.knex.raw('INSERT INTO t (id) VALUES (2)');
      const way = async (plain: boolean) => {
        if (plain) process.env.SETTLE_PLAIN_SCAN = '1';
        try {
          return await readAll(tableReader(database, { table: 't', key: 'id' }));
        } finally {
          delete process.env.SETTLE_PLAIN_SCAN;
        }
      };
      const [one, two] = await way(false);
      expect(one).toMatchObject({
        id: 1,
        a: -5,
        b: '-12345678901234567890.0123456789',
        c: 0.1,
        d: '2026-02-28',
        e: '2026-03-01 01:02:03.000004',
        f: '2026-03-01 01:02:03.500',
        g: '-101:02:03.25',
        h: 2026,
        i: '{"a": 1}',
        j: Buffer.from([0, 255]),
        k: '한'.repeat(300),
        l: 'y',
        m: Buffer.from([1, 1]),
        n: Buffer.from([1, 2, 3, 4]),
        o: '2026-03-01 00:00:00',
        p: 9_007_199_254_740_993n,
      });
      expect(wide.map((_, c) => String(one[`w${c}`] ?? 'NULL'))).toEqual(wide);
      expect(Object.values(two).filter((value) => value !== null)).toEqual([2]);
      expect(await way(true)).toEqual([one, two]);
    } finally {
      await database.close();
      await own.drop();
    }
  });
});
