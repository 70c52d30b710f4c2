/** Random values of every type, from database to database: what a plain SELECT tells of both sides is the same. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineMigrations } from '../../../migrations/engine/index.ts';
import type { CopyPlan } from '../../../src/copy-table/copy-plan.ts';
import { planCopy } from '../../../src/copy-table/copy-plan.ts';
import { copyParameters, copyTableJob, readCopyPlan } from '../../../src/copy-table/definition.ts';
import { keyAt, newPage, PageReader } from '../../../src/copy-table/read-page.ts';
import { isSameDigest } from '../../../src/copy-table/row-digest.ts';
import { compareTables } from '../../../src/copy-table/verify-copy.ts';
import { ColumnBatch } from '../../../src/database/column-batch.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { readSnapshot } from '../../../src/database/snapshot.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import { getJobContext } from '../../../src/repository/execution-context.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { type DatabaseKind, freshEngine, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { startSpareMariadb } from '../../support/servers/mariadb.ts';

const kinds = testDatabases().map(({ name }) => name);
const ROWS = 160;
const INT64_MAX = 2n ** 63n - 1n;

/** Column, its type, and how its values are made. */
interface Given {
  readonly type: string;
  readonly values: fc.Arbitrary<unknown>;
  /** How a plain SELECT shows it, in characters that every database shares. */
  readonly as: 'digits' | 'hex' | 'number';
}

const integers = (min: bigint, max: bigint) =>
  fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String);
const text = (maxLength: number) =>
  fc
    .array(
      fc.constantFrom("'", '"', '\\', '\0', '\x1a', '\n', '\r', '%', '?', '`', ' ', 'a', 'é', '가', '😀', '\ufffd'),
      {
        maxLength,
      },
    )
    .map((characters) => characters.join(''));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((value) => Buffer.from(value));
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.constantFrom('000000', '000001', '999999', '120000'))
  .map(([hour, minute, second, micros]) => `${two(hour)}:${two(minute)}:${two(second)}.${micros}`);
const date = (first: number, last: number) =>
  fc
    .tuple(fc.integer({ min: first, max: last }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`);
const decimal = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 35n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }))
  .map(([isNegative, whole, rest]) => `${isNegative ? '-' : ''}${whole}.${String(rest).padStart(30, '0')}`);

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const columns: Readonly<Record<string, Given>> = {
  i1: { type: 'TINYINT', values: integers(-128n, 127n), as: 'digits' },
  i2: { type: 'SMALLINT UNSIGNED', values: integers(0n, 65_535n), as: 'digits' },
  i3: { type: 'MEDIUMINT', values: integers(-8_388_608n, 8_388_607n), as: 'digits' },
  i4: { type: 'INT UNSIGNED', values: integers(0n, 2n ** 32n - 1n), as: 'digits' },
  i8: { type: 'BIGINT', values: integers(-(2n ** 63n), INT64_MAX), as: 'digits' },
  u8: { type: 'BIGINT UNSIGNED', values: integers(0n, 2n ** 64n - 1n), as: 'digits' },
  de: { type: 'DECIMAL(65,30)', values: decimal, as: 'digits' },
  dt: { type: 'DATETIME(6)', values: fc.tuple(date(1, 9999), clock).map((both) => both.join(' ')), as: 'digits' },
  ts: { type: 'TIMESTAMP(6)', values: fc.tuple(date(1971, 2037), clock).map((both) => both.join(' ')), as: 'digits' },
  da: { type: 'DATE', values: date(1, 9999), as: 'digits' },
  ti: {
    type: 'TIME(6)',
    values: fc.oneof(clock, fc.constantFrom('-838:59:59.000000', '838:59:59.000000')),
    as: 'digits',
  },
  ye: { type: 'YEAR', values: fc.integer({ min: 1901, max: 2155 }), as: 'digits' },
  fl: { type: 'FLOAT', values: fc.float({ noNaN: true, noDefaultInfinity: true }), as: 'number' },
  db: { type: 'DOUBLE', values: fc.double({ noNaN: true, noDefaultInfinity: true }), as: 'number' },
  va: { type: 'VARCHAR(90)', values: text(90), as: 'hex' },
  ch: { type: 'CHAR(5)', values: text(5), as: 'hex' },
  tx: { type: 'LONGTEXT', values: fc.oneof(text(400), fc.constant("x'\\".repeat(4_000))), as: 'hex' },
  vb: { type: 'VARBINARY(50)', values: bytes(50), as: 'hex' },
  bi: { type: 'BINARY(4)', values: bytes(4), as: 'hex' },
  bl: { type: 'LONGBLOB', values: fc.oneof(bytes(400), fc.constant(Buffer.alloc(90_000, 0x27))), as: 'hex' },
  js: { type: 'LONGTEXT', values: fc.jsonValue().map((value) => JSON.stringify(value)), as: 'hex' },
  en: { type: "ENUM('a','B c','d''e')", values: fc.constantFrom('a', 'B c', "d'e"), as: 'hex' },
  se: { type: "SET('x','y')", values: fc.constantFrom('', 'x', 'x,y'), as: 'hex' },
};

const names = Object.keys(columns);
const create = `CREATE TABLE anything (id BIGINT NOT NULL PRIMARY KEY, ${names
  .map((name) => `${name} ${columns[name].type} NULL`)
  .join(', ')}) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`;
/** FLOAT would round, CHAR drop blanks, BINARY fill up: texts and fractions of SQLite are refused there. */
const widened = create
  .replace('anything', 'again')
  .replace('FLOAT', 'DOUBLE')
  .replace('CHAR(5)', 'VARCHAR(5)')
  .replace(' BINARY(4)', ' VARBINARY(4)')
  .replace(/(ENUM|SET)\([^)]*\)/g, 'VARCHAR(9)');
/** SQLite has no larger integers. */
const SIGNED = 'u8 IS NULL OR u8 < 9223372036854775808';

const opened: { readonly own?: TestDatabase; readonly database: Database }[] = [];

async function fresh(kind: DatabaseKind): Promise<Database> {
  const own = await freshEngine(kind);
  const database = await openDatabase(own.url);
  opened.push({ own, database });
  return database;
}

async function copy(source: Database, target: Database, into: string, where?: string): Promise<CopyPlan> {
  const request = { table: 'anything', into, map: {}, where };
  const parameters = copyParameters(source, request);
  const { error, execution } = await runJob(target, copyTableJob(source, request, { isSnapshot: false }), parameters, {
    workers: 1,
    chunkSize: 70,
  });
  if (error !== undefined) throw error;
  const plan = readCopyPlan(deserialiseContext((await getJobContext(target, execution.id)) ?? '{}'));
  const compared = await compareTables(source, target, request, plan, new AbortController().signal);
  expect(compared.different).toEqual([]);
  expect(isSameDigest(compared.source, compared.target)).toBe(true);
  return plan;
}

/** Every row as a plain SELECT tells it. */
async function tell({ knex, dialect }: Database, table: string, where = '1 = 1'): Promise<unknown[]> {
  const isSqlite = dialect.name === 'sqlite';
  const list = names.map((name) => {
    const { as, type } = columns[name];
    if (as === 'digits') return `CAST(${name} AS ${isSqlite ? 'TEXT' : 'CHAR'}) AS ${name}`;
    if (as === 'number') return type === 'FLOAT' && !isSqlite ? `${name} + 0e0 AS ${name}` : name;
    // Of NULL, SQLite makes an empty text.
    return `CASE WHEN ${name} IS NOT NULL THEN hex(CAST(${name} AS ${isSqlite ? 'BLOB' : 'BINARY'})) END AS ${name}`;
  });
  const answer = await knex.raw(`SELECT id, ${list.join(', ')} FROM ${table} WHERE ${where} ORDER BY id`);
  const rows: Record<string, unknown>[] = isSqlite ? answer : answer[0];
  return rows.map((row) => ['id', ...names].map((name) => (row[name] === null ? null : String(row[name]))));
}

afterAll(async () => {
  for (const { own, database } of opened) {
    await database.close();
    await own?.drop();
  }
});

describe.runIf(kinds.includes('mysql'))('values of every type', () => {
  let first: Database;
  beforeAll(async () => {
    first = await fresh('mariadb');
    await first.knex.raw(create);
    const arbitrary = fc.tuple(...names.map((name) => fc.option(columns[name].values, { freq: 9 })));
    const rows = fc.sample(arbitrary, { numRuns: ROWS, seed: 20_261_130 });
    for (const [at, row] of rows.entries()) {
      await first.knex.raw(
        `INSERT INTO anything VALUES (${at + 1}, ${names.map(() => '?').join(', ')})`,
        row.map((value) => value as string),
      );
    }
  }, 120_000);

  test('are what they were, after every way', { timeout: 240_000 }, async () => {
    const all = await tell(first, 'anything');
    const signed = await tell(first, 'anything', SIGNED);
    expect(signed.length).toBeGreaterThan(50);
    expect(all.length).toBe(ROWS);
    const [mysql, sqlite, back] = [await fresh('mysql'), await fresh('sqlite'), await fresh('mariadb')];
    await copy(first, mysql, 'anything');
    expect(await tell(mysql, 'anything')).toEqual(all);
    await copy(mysql, sqlite, 'anything', SIGNED);
    expect(await tell(sqlite, 'anything')).toEqual(signed);
    // Into types that SQLite's texts have to fit.
    for (const server of [back, mysql]) {
      await server.knex.raw(widened);
      const plan = await copy(sqlite, server, 'again');
      expect(await tell(server, 'again')).toEqual(signed);
      if (server === back) await findEveryByte(sqlite, server, plan);
    }
  });

  test('whatever sql_mode the target has, in few rows and in many', { timeout: 240_000 }, async () => {
    const server = await startSpareMariadb(['--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,ORACLE']);
    try {
      const admin = await openDatabase(new URL('/mysql', server.url).href);
      await admin.knex.raw('CREATE DATABASE modes');
      await admin.close();
      const target = await openDatabase(new URL('/modes', server.url).href);
      try {
        await migrate(target, engineMigrations);
        // As text, then by the bulk protocol.
        await copy(first, target, 'few', 'id <= 40');
        expect(await tell(target, 'few')).toEqual(await tell(first, 'anything', 'id <= 40'));
        await copy(first, target, 'many');
        expect(await tell(target, 'many')).toEqual(await tell(first, 'anything'));
      } finally {
        await target.close();
      }
    } finally {
      await server.stop();
    }
  });

  /** Each column is changed once, by the least that it can be. */
  async function findEveryByte(source: Database, target: Database, plan: CopyPlan): Promise<void> {
    const request = { table: 'anything', into: 'again', map: {}, where: undefined };
    for (const name of names) {
      const [[row]] = await target.knex.raw(`SELECT id, ${name} AS old FROM again WHERE ${name} IS NOT NULL LIMIT 1`);
      await target.knex.raw(`UPDATE again SET ${name} = ? WHERE id = ?`, [otherOf(columns[name], row.old), row.id]);
      const compared = await compareTables(source, target, request, plan, new AbortController().signal);
      expect(compared.different, name).toEqual([{ key: `id ${row.id}`, what: 'differs' }]);
      await target.knex.raw(`UPDATE again SET ${name} = ? WHERE id = ?`, [row.old, row.id]);
    }
  }
});

function otherOf({ type, as }: Given, old: unknown): string | number | Buffer | null {
  if (/^ENUM/.test(type)) return old === 'a' ? 'B c' : 'a';
  if (/^SET/.test(type)) return old === 'x' ? 'x,y' : 'x';
  if (/^(DATETIME|TIMESTAMP|TIME|DECIMAL)/.test(type))
    return String(old).replace(/\d$/, (digit) => String(Number(digit) ^ 1));
  if (type === 'DATE') return old === '2026-11-20' ? '2026-11-21' : '2026-11-20';
  if (as === 'digits') return type === 'YEAR' ? (Number(old) === 2000 ? 2001 : 2000) : old === '1' || old === 1 ? 0 : 1;
  if (as === 'number') return Number(old) === 0.5 ? 0.25 : 0.5;
  if (/BLOB|BINARY/.test(type))
    return Buffer.isBuffer(old) && old.equals(Buffer.from('oldn')) ? Buffer.from('newn') : Buffer.from('oldn');
  return String(old) === 'old' ? 'new' : 'old';
}

describe.each(kinds.filter((kind) => kind !== 'sqlite').map((name) => ({ name })))('keys on $name', ({ name }) => {
  test.each<[string, string, string[]]>([
    [
      'decimals beside one another beyond 2^53',
      'DECIMAL(40,2)',
      Array.from({ length: 30 }, (_one, at) => `'1234567890123456789012345.${two(at)}'`),
    ],
    [
      'integers beyond 2^63',
      'BIGINT UNSIGNED',
      Array.from({ length: 30 }, (_one, at) => `${2n ** 63n - 15n + BigInt(at)}`),
    ],
    ['times', 'DATETIME(6)', Array.from({ length: 30 }, (_one, at) => `'2026-11-20 15:00:00.0000${two(at)}'`)],
    ['bytes', 'VARBINARY(9)', Array.from({ length: 30 }, (_one, at) => `x'ff00${two(at)}'`)],
    [
      'texts in an order of their own',
      'VARCHAR(9) COLLATE utf8mb4_general_ci',
      Array.from({ length: 26 }, (_one, at) => `'${String.fromCharCode(at % 2 === 0 ? 97 + at : 65 + at)}'`),
    ],
  ])('%s: every row once', { timeout: 60_000 }, async (_what, type, values) => {
    const source = await fresh(name);
    await source.knex.raw(
      `CREATE TABLE keyed (k ${type} NOT NULL, n INT NOT NULL, PRIMARY KEY (k, n)) DEFAULT CHARSET=utf8mb4`,
    );
    await source.knex.raw(
      `INSERT INTO keyed VALUES ${values.map((value) => `(${value}, 1), (${value}, 2)`).join(', ')}`,
    );
    const target = await fresh('sqlite');
    const request = { table: 'keyed', into: 'keyed', map: {}, where: undefined, isSnapshot: true };
    const seen = new Set<string>();
    await readSnapshot(source, async (tx) => {
      const plan = await planCopy(source, tx, name === 'mysql' || type.includes('UNSIGNED') ? source : target, {
        ...request,
        into: 'other',
      });
      const pages = {
        database: source,
        tx,
        table: 'keyed',
        plan,
        side: 'from',
        where: undefined,
        range: undefined,
      } as const;
      const [reader, page] = [new PageReader(pages, 7), newPage(pages, 7)];
      let after: ReturnType<typeof keyAt> | undefined;
      for (let isAtEnd = false; !isAtEnd; ) {
        isAtEnd = await reader.read(after, page);
        for (let row = 0; row < page.size; row++) {
          const key = JSON.stringify(keyAt(page, row, plan.key));
          expect(seen.has(key)).toBe(false);
          seen.add(key);
        }
        after = keyAt(page, page.size - 1, plan.key);
      }
    });
    expect(seen.size).toBe(values.length * 2);
  });

  test('labels, whose order is not that of their texts, are refused; pages of large rows are short', {
    timeout: 60_000,
  }, async () => {
    const source = await fresh(name);
    await source.knex.raw("CREATE TABLE labelled (k ENUM('b', 'a') NOT NULL PRIMARY KEY)");
    const request = { table: 'labelled', into: 'labelled', map: {}, where: undefined, isSnapshot: false };
    const target = await fresh('sqlite');
    await expect(readSnapshot(source, (tx) => planCopy(source, tx, target, request))).rejects.toThrow(
      'the primary key of labelled (k) is none that it can be read in order of',
    );
    const batch = new ColumnBatch([{ name: 'k', type: 'int64' }], 4, { bytesMax: 10 });
    expect([batch.refusesMore(), batch.isCut]).toEqual([false, false]);
  });
});

test('what SQLite takes for a text, and is none, is refused by its row', async () => {
  const source = await fresh('sqlite');
  await source.knex.raw('CREATE TABLE anything (id INTEGER PRIMARY KEY, name TEXT)');
  await source.knex.raw("INSERT INTO anything VALUES (1, 'a\ufffdb'), (2, CAST(x'61ff62' AS TEXT)), (3, 'c')");
  await expect(copy(source, await fresh('sqlite'), 'anything')).rejects.toThrow(
    'column name of the row with id 2 holds bytes that are no text',
  );
  await copy(source, await fresh('sqlite'), 'anything', 'id <> 2');
});
