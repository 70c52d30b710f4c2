import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import { ColumnBatch, type ColumnSpec } from '../../../src/database/column-batch.ts';
import { openScanner } from '../../../src/database/column-scan.ts';
import type { Database } from '../../../src/database/database.ts';
import { classifyError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { RangeQuery, Scanner } from '../../../src/database/scanner.ts';
import type { SqlValue } from '../../../src/database/values.ts';
import { isSettleError } from '../../../src/errors.ts';
import {
  type DatabaseKind,
  freshDatabase,
  serverDatabases,
  type TestDatabase,
  testDatabases,
} from '../../support/databases.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const specs: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64' },
  { name: 'viewed_at', type: 'instant' },
  { name: 'play_seconds', type: 'number' },
];

const all: RangeQuery = { table: 'view_log', key: 'id', columns: specs, from: INT64_MIN, to: INT64_MAX, limit: 100 };

/** What a batch holds, as plain values; NULL where its bit is set. */
function contentOf(batch: ColumnBatch): unknown[][] {
  return Array.from({ length: batch.size }, (_, row) =>
    batch.columns.map((column, c) => {
      const isNull = (batch.nulls[row] & (1 << c)) !== 0;
      const value = 'values' in column ? column.values[row] : batch.textAt(c, row);
      // Whoever does not look at the bit must not see what an earlier scan left there.
      if (isNull) expect(value).toEqual(column.type === 'int64' ? 0n : column.type === 'instant' ? Number.NaN : 0);
      return isNull ? null : value;
    }),
  );
}

/** Each dialect, and on servers both ways of reading. */
const ways: { name: string; kind: DatabaseKind; plain: boolean }[] = [
  ...testDatabases().map(({ name }) => ({ name, kind: name, plain: false })),
  ...serverDatabases().map(({ name }) => ({ name: `${name}, plain`, kind: name, plain: true })),
];

describe.each(ways)('a column scan on $name', ({ kind, plain }) => {
  let own: TestDatabase;
  let database: Database;
  let scanner: Scanner;

  beforeEach(async () => {
    if (plain) process.env.SETTLE_PLAIN_SCAN = '1';
    else delete process.env.SETTLE_PLAIN_SCAN;
    own = await freshDatabase(kind);
    database = await openDatabase(own.url);
    const { columnTypes: types } = database.dialect;
    await database.knex.raw(
      `CREATE TABLE view_log (id ${types.bigint} PRIMARY KEY, video_id bigint, viewer_id bigint,
        viewed_at ${types.instantMillis} NULL, play_seconds int, ad_views int)`,
    );
    scanner = await openScanner(database);
  });
  afterEach(async () => {
    delete process.env.SETTLE_PLAIN_SCAN;
    await scanner.close();
    await scanner.close();
    await database.close();
    await own.drop();
  });

  async function insert(rows: SqlValue[][]): Promise<void> {
    const columns = ['id', 'video_id', 'viewed_at', 'play_seconds'];
    await bulkInsert(database.knex, database.dialect, { table: 'view_log', columns }, rows);
  }

  test('edge values, NULL in each column, and what an earlier scan left is gone', async () => {
    const rows: [bigint, bigint | null, string | null, number | null][] = [
      [INT64_MIN, INT64_MAX, '1000-01-01 00:00:00.000', -(2 ** 31)],
      [-1n, INT64_MIN, '9999-12-31 23:59:59.999', 2 ** 31 - 1],
      [0n, 0n, '2026-03-01 00:00:00.000', 0],
      [1n, -1n, '2026-03-01 12:34:56.000', -1],
      [2n, 2n ** 32n, '2026-03-01 12:34:56.001', 1],
      [3n, -(2n ** 32n) - 1n, '1969-12-31 23:59:59.999', 86_400],
      [4n, null, '2024-02-29 01:02:03.999', 4],
      [5n, 5n, null, 5],
      [6n, 6n, '2000-02-29 00:00:00.010', null],
      [7n, null, null, null],
      [2n ** 53n + 1n, -(2n ** 53n) - 1n, '2026-12-31 00:00:01.000', 7],
      [INT64_MAX, 1n, '2026-01-01 00:00:00.000', 8],
    ];
    await insert(rows);
    const batch = new ColumnBatch(specs, 100);
    expect(await scanner.scan(all, batch)).toBe(rows.length);
    const expected = rows.map(([id, video, at, seconds]) => [
      id,
      video,
      at && Date.parse(`${at.replace(' ', 'T')}Z`),
      seconds,
    ]);
    expect(contentOf(batch)).toEqual(expected);

    expect(await scanner.scan({ ...all, from: 4n, to: 7n }, batch)).toBe(4);
    expect(contentOf(batch)).toEqual(expected.slice(6, 10));
  });

  test('bounds are inclusive, rows come in key order, the limit cuts, and an empty range is empty', async () => {
    await insert([30, 10, 20, 50, 40].map((id) => [id, id, null, id]));
    const batch = new ColumnBatch(specs, 10);
    const ids = async (query: Partial<RangeQuery>) => {
      await scanner.scan({ ...all, limit: 10, ...query }, batch);
      return [...batch.int64(0).values.slice(0, batch.size)];
    };
    expect(await ids({})).toEqual([10n, 20n, 30n, 40n, 50n]);
    expect(await ids({ from: 20n, to: 40n })).toEqual([20n, 30n, 40n]);
    expect(await ids({ limit: 2 })).toEqual([10n, 20n]);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ from: 41n, to: 49n })).toEqual([]);
    expect(await ids({ from: 2n, to: 1n })).toEqual([]);
    expect(await ids({ where: 'play_seconds <> 30 AND (id < 50 OR 1 = 0)' })).toEqual([10n, 20n, 40n]);
  });

  test('the key need not be among the columns', async () => {
    await insert([
      [1, 11, null, 0],
      [2, 12, null, 0],
    ]);
    const columns: ColumnSpec[] = [{ name: 'video_id', type: 'number' }];
    const batch = new ColumnBatch(columns, 10);
    await scanner.scan({ ...all, columns, limit: 10 }, batch);
    expect(contentOf(batch)).toEqual([[11], [12]]);
  });

  test('more rows than arrive in one piece', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i): SqlValue[] => [
      i * 3,
      BigInt(i) << 32n,
      i % 7 === 0 ? null : `2026-03-01 00:00:${String(i % 60).padStart(2, '0')}.${String(i % 1000).padStart(3, '0')}`,
      i,
    ]);
    await insert(rows);
    const batch = new ColumnBatch(specs, 20_000);
    expect(await scanner.scan({ ...all, limit: 20_000 }, batch)).toBe(10_000);
    for (let i = 0; i < 10_000; i++) {
      const ms = i % 7 === 0 ? Number.NaN : Date.UTC(2026, 2, 1, 0, 0, i % 60, i % 1000);
      const row = [batch.int64(0).values[i], batch.int64(1).values[i], batch.doubles(2)[i], batch.doubles(3)[i]];
      if (row[0] !== BigInt(i * 3) || row[1] !== BigInt(i) << 32n || !Object.is(row[2], ms) || row[3] !== i) {
        expect(row).toEqual([BigInt(i * 3), BigInt(i) << 32n, ms, i]);
      }
    }
    expect(await scanner.scan({ ...all, limit: 4097 }, batch)).toBe(4097);
    expect(batch.int64(0).values[4096]).toBe(4096n * 3n);
  });

  test('a taker is handed every row once, batch by batch, and its error comes out; the scanner goes on', async () => {
    await insert(Array.from({ length: 10_000 }, (_, i): SqlValue[] => [i, i, null, i]));
    const batch = new ColumnBatch(specs, 300);
    for (const limit of [9000, 9123, 20_000]) {
      const sizes: number[] = [];
      let next = 0n;
      const rows = await scanner.scan({ ...all, limit }, batch, (taken) => {
        sizes.push(taken.size);
        for (const id of taken.int64(0).values.subarray(0, taken.size)) if (id !== next++) expect(id).toBe(next);
      });
      expect([rows, next]).toEqual([Math.min(limit, 10_000), BigInt(Math.min(limit, 10_000))]);
      expect(sizes.slice(0, -1).every((size) => size === 300)).toBe(true);
    }
    const failure = new Error('cannot take it');
    const fail = () => {
      throw failure;
    };
    await expect(scanner.scan({ ...all, limit: 9000 }, batch, fail)).rejects.toBe(failure);
    expect(await scanner.scan({ ...all, limit: 7 }, batch)).toBe(7);
    expect(await scanner.scan({ ...all, from: 1_000_000n, limit: 1000 }, batch, fail)).toBe(0);
  });

  test('a value that does not fit is a data error that names the row; the scanner goes on', async () => {
    await insert([
      [1, 5, null, 0],
      [2, 2n ** 53n, null, 0],
      [3, 6, null, 0],
    ]);
    const columns: ColumnSpec[] = [
      { name: 'id', type: 'int64' },
      { name: 'video_id', type: 'number' },
    ];
    const batch = new ColumnBatch(columns, 10);
    const error = await scanner.scan({ ...all, columns, limit: 10 }, batch).catch((e: unknown) => e);
    expect(isSettleError(error) && error.message).toBe(
      'view_log.video_id of the row with id 2 is "9007199254740992", which is no integer of at most 53 bits',
    );
    expect(classifyError(error)).toBe('data');
    expect(error).toMatchObject({ exitCode: 2 });
    expect(await scanner.scan({ ...all, columns, limit: 10, from: 3n }, batch)).toBe(1);
  });

  test('a missing table is the driver’s error; the scanner goes on', async () => {
    const batch = new ColumnBatch(specs, 10);
    await expect(scanner.scan({ ...all, table: 'nothing_here', limit: 10 }, batch)).rejects.toThrow(/nothing_here/);
    expect(await scanner.scan({ ...all, limit: 10 }, batch)).toBe(0);
  });

  test('a query that does not fit its batch is refused', async () => {
    const batch = new ColumnBatch(specs, 10);
    await expect(scanner.scan({ ...all, limit: 11 }, batch)).rejects.toThrow(RangeError);
    await expect(scanner.scan({ ...all, columns: specs.slice(1), limit: 1 }, batch)).rejects.toThrow(TypeError);
  });

  test('sees what another transaction has committed, and not what it has not', async () => {
    const batch = new ColumnBatch(specs, 10);
    await database.transaction(async (tx) => {
      await tx('view_log').insert({ id: 1 });
      expect(await scanner.scan({ ...all, limit: 10 }, batch)).toBe(0);
    });
    expect(await scanner.scan({ ...all, limit: 10 }, batch)).toBe(1);
  });
});

describe.each(serverDatabases())('column types of $name', ({ name }) => {
  test('integers of every width, DATE, TIMESTAMP, microseconds and zero dates read alike in both ways', async () => {
    const own = await freshDatabase(name);
    const database = await openDatabase(own.url);
    try {
      await database.knex.raw(`CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, a TINYINT, b SMALLINT UNSIGNED, c MEDIUMINT,
        d INT UNSIGNED, e DATETIME(6), f DATE, g TIMESTAMP(3) NULL, h TINYINT UNSIGNED, i SMALLINT, j YEAR)`);
      await database.knex.raw(`INSERT INTO t VALUES
        (1, -128, 65535, -8388608, 4294967295, '2026-03-01 12:34:56.789999', '2026-03-01', '2026-03-01 00:00:00.5', 255, -32768, 2026),
        (2, 127, 0, 8388607, 0, '1000-01-01 00:00:00.000999', '9999-12-31', '1970-01-01 00:00:01', 0, 32767, 1901),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
      await database.transaction(async (tx) => {
        // What an older, laxer server has let in.
        await tx.raw("SET SESSION sql_mode = ''");
        await tx.raw("INSERT INTO t (id, e, f) VALUES (4, '0000-00-00 00:00:00', '2026-00-00')");
        await tx.raw("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
      });
      const names = ['a', 'b', 'c', 'd', 'h', 'i', 'j'];
      const readings: ColumnSpec[][] = [
        names.map((column) => ({ name: column, type: 'number' })),
        names.map((column) => ({ name: column, type: 'int64' })),
        ['e', 'f', 'g'].map((column) => ({ name: column, type: 'instant' })),
      ];
      const read = async (columns: ColumnSpec[], plain: boolean) => {
        if (plain) process.env.SETTLE_PLAIN_SCAN = '1';
        const scanner = await openScanner(database);
        delete process.env.SETTLE_PLAIN_SCAN;
        const batch = new ColumnBatch(columns, 10);
        await scanner.scan({ table: 't', key: 'id', columns, from: 0n, to: INT64_MAX, limit: 10 }, batch);
        await scanner.close();
        return contentOf(batch);
      };
      const nulls = (count: number) => new Array(count).fill(null);
      const first = [-128, 65_535, -8_388_608, 4_294_967_295, 255, -32_768, 2026];
      const second = [127, 0, 8_388_607, 0, 0, 32_767, 1901];
      for (const plain of [false, true]) {
        expect(await read(readings[0], plain)).toEqual([first, second, nulls(7), nulls(7)]);
        expect(await read(readings[1], plain)).toEqual([first.map(BigInt), second.map(BigInt), nulls(7), nulls(7)]);
        expect(await read(readings[2], plain)).toEqual([
          [Date.UTC(2026, 2, 1, 12, 34, 56, 789), Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 1, 0, 0, 0, 500)],
          [Date.UTC(1000, 0, 1), Date.UTC(9999, 11, 31), 1000],
          nulls(3),
          nulls(3),
        ]);
      }
      const unsigned: ColumnSpec[] = [{ name: 'id', type: 'int64' }];
      await database.knex.raw('INSERT INTO t (id) VALUES (18446744073709551615)');
      const wrong: ColumnSpec[] = [{ name: 'a', type: 'instant' }];
      for (const plain of [false, true]) {
        expect(await read(unsigned, plain)).toEqual([[1n], [2n], [3n], [4n]]);
        await expect(read(wrong, plain)).rejects.toThrow('column a is no UTC time');
      }
    } finally {
      await database.close();
      await own.drop();
    }
  });
});

describe('texts as times on SQLite', () => {
  test('other forms are understood, anything else is a data error that names the row', async () => {
    const own = await freshDatabase('sqlite');
    const database = await openDatabase(own.url);
    const scanner = await openScanner(database);
    try {
      await database.knex.raw('CREATE TABLE view_log (id INTEGER PRIMARY KEY, video_id, viewed_at TEXT, play_seconds)');
      const forms = [
        '2026-03-01T00:00:01.5Z',
        '2026-03-01 00:00:01.500999',
        '2026-03-01 00:00:01',
        '2026-03-01T00:00:01',
      ];
      for (const [i, viewed_at] of forms.entries()) await database.knex('view_log').insert({ id: i, viewed_at });
      const batch = new ColumnBatch(specs, 10);
      await scanner.scan({ ...all, limit: 10 }, batch);
      const second = Date.UTC(2026, 2, 1, 0, 0, 1);
      expect([...batch.doubles(2).slice(0, 4)]).toEqual([second + 500, second + 500, second, second]);

      await database.knex('view_log').insert({ id: 9, viewed_at: 'yesterday' });
      await expect(scanner.scan({ ...all, limit: 10 }, batch)).rejects.toThrow(
        'view_log.viewed_at of the row with id 9 is "yesterday"',
      );
      await database.knex('view_log').where({ id: 9 }).update({ viewed_at: null, play_seconds: 1.5 });
      await expect(scanner.scan({ ...all, limit: 10 }, batch)).rejects.toThrow('of the row with id 9 is "1.5"');
    } finally {
      await scanner.close();
      await database.close();
      await own.drop();
    }
  });
});
