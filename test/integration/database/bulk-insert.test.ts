import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import type { Database } from '../../../src/database/database.ts';
import { classifyError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { SqlValue } from '../../../src/database/values.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';

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

  test('every kind of value arrives as it was', async () => {
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
    ];
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const rows: SqlValue[][] = [
      ...strings.map((text, i) => [i, text, Buffer.from(text), i / 8]),
      [2n ** 63n - 1n, null, null, null],
      [-(2n ** 63n), null, bytes, -1e300],
      [2n ** 53n + 1n, null, new Uint8Array(0), 0.1],
    ];
    await bulkInsert(database.knex, database.dialect, { table: 't', columns }, rows);
    const stored = await database.knex('t').orderBy('id');
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

  test('nothing to insert is no statement, and an ended transaction is noticed', async () => {
    await bulkInsert(database.knex, database.dialect, { table: 'no_such_table', columns: ['id'] }, []);
    let kept: Parameters<Parameters<Database['transaction']>[0]>[0] | undefined;
    await database.transaction(async (tx) => {
      kept = tx;
    });
    await expect(bulkInsert(kept!, database.dialect, { table: 't', columns: ['id'] }, [[1]])).rejects.toThrow(/ended/);
  });
});
