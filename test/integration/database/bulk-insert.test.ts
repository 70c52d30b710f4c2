import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert, bulkInsertAll } from '../../../src/database/bulk-insert.ts';
import type { Database } from '../../../src/database/database.ts';
import { classifyError, toSettleError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { SqlValue } from '../../../src/database/values.ts';
import { freshDatabase, serverDatabases, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { waitForLock } from '../../support/wait-for-lock.ts';

/** So many rows go by MariaDB's bulk protocol; fewer as text. */
const MANY = 64;

describe.each(testDatabases())('bulk insert on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url);
    const { columnTypes: types, tableOptions } = database.dialect;
    await database.knex.raw(
      `CREATE TABLE t (id ${types.bigint} PRIMARY KEY, s ${types.longText}, b ${types.blob}, n DOUBLE)${tableOptions}`,
    );
  });
  afterEach(async () => {
    await database.close();
    await own.drop();
  });

  const columns = ['id', 's', 'b', 'n'];

  test.each([0, MANY])('every kind of value arrives as it was, among %i other rows', async (others) => {
    const strings = [
      "it's",
      '\\',
      'a\0b',
      '\x1a',
      '"',
      '`',
      '?',
      ':x',
      '\r\n\t',
      '%_',
      'é😀',
      '',
      '-- x',
      '/* x',
      "\\'",
      '가'.repeat(40),
      '😀'.repeat(60),
      'x'.repeat(300),
      'é'.repeat(40_000),
    ];
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const rows: SqlValue[][] = [
      ...strings.map((text, i) => [i, text, Buffer.from(text), i / 8]),
      [2n ** 63n - 1n, null, null, null],
      [-(2n ** 63n), null, bytes, -1e300],
      [2n ** 53n + 1n, null, new Uint8Array(0), 0.1],
    ];
    const filler = Array.from({ length: others }, (_, i): SqlValue[] => [1000 + i, null, null, i - 2 ** 40]);
    await bulkInsert(database.knex, database.dialect, { table: 't', columns }, [...filler, ...rows]);
    const among = await database
      .knex('t')
      .whereBetween('id', [1000, 1000 + MANY])
      .orderBy('id');
    expect(among.map((row) => [row.id, row.s, row.b, row.n])).toEqual(filler);
    const stored = await database
      .knex('t')
      .whereNotBetween('id', [1000, 1000 + MANY])
      .orderBy('id');
    const texts = stored.filter((row) => row.s !== null);
    expect(texts.map((row) => row.s)).toEqual(strings);
    expect(texts.map((row) => Buffer.from(row.b).toString())).toEqual(strings);
    expect(stored[0]).toEqual({ id: '-9223372036854775808', s: null, b: Buffer.from(bytes), n: -1e300 });
    expect(stored.at(-1)).toEqual({ id: '9223372036854775807', s: null, b: null, n: null });
    expect(stored.at(-2)).toEqual({ id: '9007199254740993', s: null, b: Buffer.alloc(0), n: 0.1 });
  });

  test('many rows, over several statements, in one transaction that can be taken back', async () => {
    const rows = Array.from({ length: 20_000 }, (_, id): SqlValue[] => [id, 'x'.repeat(100), null, id]);
    await expect(
      database.transaction(async (tx) => {
        await bulkInsert(tx, database.dialect, { table: 't', columns }, rows);
        throw new Error('back');
      }),
    ).rejects.toThrow('back');
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 0 }]);
    await database.transaction((tx) => bulkInsert(tx, database.dialect, { table: 't', columns }, rows));
    expect(await database.knex('t').count('* as n').sum('n as total')).toEqual([{ n: 20_000, total: 199_990_000 }]);
  });

  test('values that are not what their column is: as the database makes them of a literal', async () => {
    const { columnTypes: types, tableOptions, name: dialect } = database.dialect;
    if (dialect === 'sqlite') return;
    await database.knex.raw(
      `CREATE TABLE wide (id ${types.bigint} PRIMARY KEY, u BIGINT UNSIGNED, d DECIMAL(20, 6), i ${types.integer}, ` +
        `s ${types.varchar(20)}, at ${types.instantMillis}, day ${types.date})${tableOptions}`,
    );
    const target = { table: 'wide', columns: ['id', 'u', 'd', 'i', 's', 'at', 'day'] };
    const row = (id: number): SqlValue[] => [
      id,
      2n ** 64n - 1n,
      '-12345678901234.567891',
      '-7',
      id % 2 === 0 ? id : 'seven',
      '2026-11-19 23:59:59.999',
      id % 2 === 0 ? null : '2024-02-29',
    ];
    const rows = Array.from({ length: MANY }, (_, id) => row(id));
    await bulkInsert(database.knex, database.dialect, target, rows);
    await bulkInsert(database.knex, database.dialect, target, [row(1001), [1002, 1, 1.005, 2.4, 1.5, null, null]]);
    const more = Array.from({ length: MANY }, (_, i): SqlValue[] => [2000 + i, 1, 1.005, 2.4, 1.5, null, null]);
    await bulkInsert(database.knex, database.dialect, target, more);
    const stored = await database.knex('wide').orderBy('id');
    expect(stored[1]).toEqual({
      id: 1,
      u: '18446744073709551615',
      d: '-12345678901234.567891',
      i: -7,
      s: 'seven',
      at: '2026-11-19 23:59:59.999',
      day: '2024-02-29',
    });
    expect(stored[2]).toMatchObject({ s: '2', day: null });
    const { id: _one, ...few } = stored[MANY + 1];
    const { id: _two, ...many } = stored[MANY + 2];
    expect(many).toEqual(few);
  });

  test('errors of one row among many: said of it, and nothing is kept', async () => {
    const { knex, dialect } = database;
    await knex.raw(`CREATE TABLE narrow (id ${dialect.columnTypes.bigint} PRIMARY KEY, i INTEGER NOT NULL)`);
    const target = { table: 'narrow', columns: ['id', 'i'], keys: ['id'] };
    const good = Array.from({ length: MANY }, (_, id): SqlValue[] => [id, 1]);
    const fail = (bad: SqlValue[], mode: 'insert' | 'ignore' = 'insert') =>
      database
        .transaction((tx) => bulkInsert(tx, dialect, { ...target, mode }, [...good, bad]))
        .then(
          () => 'nothing',
          (error) => `${classifyError(error)}: ${toSettleError(error).code}`,
        );
    expect(await fail([3, 1])).toBe('data: DATABASE_CONSTRAINT');
    expect(await fail([99, null])).toBe('data: DATABASE_CONSTRAINT');
    expect(await fail([99, null], 'ignore')).toBe('data: DATABASE_CONSTRAINT');
    if (dialect.name !== 'sqlite') {
      expect(await fail([99, 2n ** 40n])).toBe('data: DATABASE_VALUE');
      expect(await fail([99, 'x'], 'ignore')).toBe('data: DATABASE_VALUE');
    }
    expect(await knex('narrow').count('* as n')).toEqual([{ n: 0 }]);
    await expect(fail([99, Number.NaN])).resolves.toMatch(/fatal|data/);
  });

  test('a row whose key exists: an error, passed over, or replaced', async () => {
    const target = { table: 't', columns: ['id', 's'], keys: ['id'] };
    const { knex, dialect } = database;
    await bulkInsert(knex, dialect, target, [[1, 'first']]);
    expect(await bulkInsert(knex, dialect, target, [[1, 'x']]).then(String, classifyError)).toBe('data');
    await bulkInsert(knex, dialect, { ...target, mode: 'ignore' }, [
      [1, 'ignored'],
      [2, 'new'],
    ]);
    await bulkInsert(knex, dialect, { ...target, mode: 'replace-values' }, [
      [2, 'replaced'],
      [3, 'newer'],
      [3, 'newest'],
    ]);
    expect((await knex('t').orderBy('id')).map((row) => row.s)).toEqual(['first', 'replaced', 'newest']);
    const all = (text: string) => Array.from({ length: MANY }, (_, i): SqlValue[] => [i + 1, text]);
    await bulkInsert(knex, dialect, { ...target, mode: 'ignore' }, all('passed over'));
    expect((await knex('t').orderBy('id').limit(4)).map((row) => row.s)).toEqual([
      'first',
      'replaced',
      'newest',
      'passed over',
    ]);
    await bulkInsert(knex, dialect, { ...target, mode: 'replace-values' }, [...all('x'), ...all('last')]);
    expect(await knex('t').distinct('s')).toEqual([{ s: 'last' }]);
    await expect(bulkInsert(knex, dialect, { table: 't', columns: ['id'], mode: 'ignore' }, [[1]])).rejects.toThrow(
      TypeError,
    );
  });

  test('passing over existing keys does not pass over wrong values', async () => {
    await database.knex.raw('CREATE TABLE strict_one (id INTEGER PRIMARY KEY, v INTEGER NOT NULL)');
    const target = { table: 'strict_one', columns: ['id', 'v'], mode: 'ignore', keys: ['id'] } as const;
    const failed = bulkInsert(database.knex, database.dialect, target, [[1, null]]).then(String, classifyError);
    expect(await failed).toBe('data');
  });

  test('rows that are made as they are asked for, of types that change, and of another table after them', async () => {
    const { columnTypes: types, tableOptions } = database.dialect;
    await database.knex.raw(`CREATE TABLE after (id ${types.bigint} PRIMARY KEY)${tableOptions}`);
    function* make(count: number): Generator<SqlValue[]> {
      for (let id = 0; id < count; id++) {
        yield [id < 3000 ? id : BigInt(id), id % 2 === 0 ? null : `text ${id}`, null, id < 4000 ? id : id + 0.5];
      }
    }
    const inserts = (target: string[]) => [
      { target: { table: 't', columns: target }, rows: make(6000) },
      { target: { table: 'after', columns: ['id'] }, rows: Array.from({ length: 100 }, (_, id): SqlValue[] => [id]) },
    ];
    await bulkInsertAll(database.knex, database.dialect, inserts(columns));
    expect(await database.knex('t').where('id', '>=', 2999).orderBy('id').limit(2)).toEqual([
      { id: 2999, s: 'text 2999', b: null, n: 2999 },
      { id: 3000, s: null, b: null, n: 3000 },
    ]);
    expect(await database.knex('t').count('* as n').sum('n as total')).toEqual([{ n: 6000, total: 17_998_000 }]);
    // The keys exist: outside a transaction too, nothing is inserted after what failed.
    await database.knex('after').delete();
    const failed = bulkInsertAll(database.knex, database.dialect, inserts(columns)).then(String, classifyError);
    expect(await failed).toBe('data');
    expect(await database.knex('after').count('* as n')).toEqual([{ n: 0 }]);
  });

  test('nothing to insert is no statement, and an ended transaction is noticed', async () => {
    await bulkInsert(database.knex, database.dialect, { table: 'no_such_table', columns: ['id'] }, []);
    let kept: Parameters<Parameters<Database['transaction']>[0]>[0] | undefined;
    await database.transaction(async (tx) => {
      kept = tx;
    });
    await expect(bulkInsert(kept!, database.dialect, { table: 't', columns: ['id'] }, [[1]])).rejects.toThrow(/ended/);
  });
});

describe.each(serverDatabases())('bulk insert that meets a deadlock on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;
  let rival: Database;

  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url);
    rival = await openDatabase(own.url);
    for (const table of ['t', 'after', 'heavy']) {
      await database.knex.raw(
        `CREATE TABLE ${table} (id BIGINT PRIMARY KEY, b LONGBLOB)${database.dialect.tableOptions}`,
      );
    }
  });
  afterEach(async () => {
    await database.close();
    await rival.close();
    await own.drop();
  });

  test('behind it nothing more is inserted: the server has ended the transaction, and would keep it', async () => {
    // Of 256 KB each, some packets: what the other transaction has locked is in the midst of them.
    const rows = Array.from({ length: 100 }, (_, i): SqlValue[] => [i + 1, Buffer.alloc(20_000)]);
    const inserts = ['t', 'after'].map((table) => ({ target: { table, columns: ['id', 'b'] }, rows }));
    const met = rival.transaction(async (tx) => {
      // The server ends the one of them that has changed fewer rows.
      const heavy = Array.from({ length: 2_000 }, (_, id): SqlValue[] => [id, null]);
      await bulkInsert(tx, rival.dialect, { table: 'heavy', columns: ['id', 'b'] }, heavy);
      await tx('t').insert({ id: 50 });
      const inserted = database
        .transaction((mine) => bulkInsertAll(mine, database.dialect, inserts))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      await waitForLock(rival);
      await tx('t').where({ id: 1 }).forUpdate();
      return Promise.reject(await inserted);
    });
    await expect(met).rejects.toMatchObject({ errno: 1213 });
    for (const table of ['t', 'after', 'heavy']) expect(await database.knex(table).pluck('id'), table).toEqual([]);
  });
});
