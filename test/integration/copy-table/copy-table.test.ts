/** Tables from any database to any other: all values whole, or a refusal that names what would be lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CopyPlan } from '../../../src/copy-table/copy-plan.ts';
import { copyParameters, copyTableJob, readCopyPlan } from '../../../src/copy-table/definition.ts';
import { isSameDigest } from '../../../src/copy-table/row-digest.ts';
import { compareTables } from '../../../src/copy-table/verify-copy.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { getJobContext } from '../../../src/repository/execution-context.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import {
  type DatabaseKind,
  freshEngine,
  freshPlatform,
  type TestDatabase,
  testDatabases,
} from '../../support/databases.ts';
import { type KillPoint, runThroughKills } from '../../support/kill-run.ts';
import { runSettle } from '../../support/run-settle.ts';
import { isThorough } from '../../support/thorough.ts';
import { load as loadDeposits, randomDeposits } from '../interest/support.ts';
import { load as loadPayments, randomPayments } from '../payments/support.ts';

/** A target has rows of its own in them. */
const ENGINE_TABLES =
  /^(BATCH_|settle_(migration|fence|lease|claim|lock|offer|partition|request|skipped|step_progress))/;
const date = '2026-11-20';
const opened: { readonly own: TestDatabase; readonly database: Database }[] = [];
const kinds = testDatabases().map(({ name }) => name);

async function open(own: TestDatabase): Promise<Database> {
  const database = await openDatabase(own.url);
  opened.push({ own, database });
  return database;
}

/** With the engine's tables alone: where rows go to. */
async function emptyDatabase(kind: DatabaseKind): Promise<Database> {
  return await open(await freshEngine(kind));
}

async function copy(
  source: Database,
  target: Database,
  table: string,
  into = table,
  more: { map?: Record<string, string>; where?: string } = {},
): Promise<CopyPlan> {
  const request = { table, into, map: more.map ?? {}, where: more.where };
  const job = copyTableJob(source, request, { isSnapshot: false });
  const result = await runJob(target, job, copyParameters(source, request), { workers: 1 });
  if (result.error !== undefined) throw result.error;
  const plan = readCopyPlan(deserialiseContext((await getJobContext(target, result.execution.id)) ?? '{}'));
  const compared = await compareTables(source, target, request, plan, new AbortController().signal);
  expect(compared.different, `${table} of ${source.dialect.name} in ${target.dialect.name}`).toEqual([]);
  expect(isSameDigest(compared.source, compared.target), table).toBe(true);
  expect(compared.target.rows).toBe(plan.rows);
  return plan;
}

afterAll(async () => {
  for (const { own, database } of opened) {
    await database.close();
    await own.drop();
  }
});

describe('a filled platform', () => {
  let first: Database;
  let tables: string[];
  beforeAll(async () => {
    first = await open(await freshPlatform('mariadb'));
    await writeLog(first.url, buildLog('dirty', 7, 240, date, 'Asia/Seoul'));
    await loadPayments(first, randomPayments(3, 40));
    await loadDeposits(first, randomDeposits(12, 5));
    const result = await runJob(first, dailyJob, { date, zone: 'Asia/Seoul' }, { workers: 1 });
    if (result.error !== undefined) throw result.error;
    tables = [];
    for (const { table, rows } of await first.dialect.inspect.tableSizes(first.knex)) {
      if (ENGINE_TABLES.test(table)) continue;
      if (rows > 0 && (await first.dialect.inspect.relation(first.knex, table)) === 'table') tables.push(table);
    }
  }, 180_000);

  test('goes around all databases, every table, and comes back equal', { timeout: 600_000 }, async () => {
    expect(tables.length).toBeGreaterThan(25);
    const ways: DatabaseKind[][] = [
      ['sqlite', 'mysql', 'mariadb'],
      ['mysql', 'sqlite', 'mariadb'],
    ];
    for (const [number, way] of (isThorough ? ways : ways.slice(0, 1)).entries()) {
      let source = first;
      for (const [hop, kind] of way.filter((one) => kinds.includes(one)).entries()) {
        const target = await emptyDatabase(kind);
        // The first hop of a sample meets a third of the tables, every hop those with the most types.
        const some = tables.filter(
          (table, at) =>
            isThorough ||
            (hop === 0 && at % 3 === 0) ||
            /^(view_log|settle_journal|settle_interest_posting|payment_approval)$/.test(table),
        );
        for (const table of some) await copy(source, target, table);
        source = target;
      }
      expect(number).toBeGreaterThanOrEqual(0);
    }
  });
});

const odd = (isMysql: boolean) => `CREATE TABLE odd (
  a BIGINT UNSIGNED NOT NULL, b VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  c DECIMAL(40,12), d DATETIME(6) NULL, e DATE, f TIME(3), g YEAR, h FLOAT, i DOUBLE, j BLOB, k ENUM('Ab','ab c'),
  l ${isMysql ? 'JSON' : 'LONGTEXT'}, m TIMESTAMP(3) NULL, n TEXT CHARACTER SET euckr, o VARBINARY(9), p TINYINT(1), q CHAR(3),
  PRIMARY KEY (b, a))`;

describe.each(kinds.filter((kind) => kind !== 'sqlite').map((name) => ({ name })))('types of $name', ({ name }) => {
  test('come back as they were, and what would be lost is refused by name', { timeout: 180_000 }, async () => {
    const source = await emptyDatabase(name);
    const { knex } = source;
    await knex.raw(odd(name === 'mysql'));
    const insert = async (values: string) => await knex.raw(`INSERT INTO odd VALUES ${values}`);
    await insert(`(9223372036854775807, 'z''x', '-1234567890123456789012345678.000000000010', '2026-11-20 15:00:00.123450', '1000-01-01',
      '-838:59:59.000', 2155, 0.1, 1.7976931348623157e308, x'00ff0a27', 'ab c', '{"a":1}', '2037-01-01 00:00:00.001', '가나', x'000000', 1, 'x')`);
    await insert(
      `(0, '', '0.000000000000', NULL, NULL, '00:00:01', NULL, -1e-30, 5e-324, '', NULL, NULL, NULL, '', NULL, -128, '')`,
    );
    for (let row = 1; row <= 3; row++)
      await insert(
        `(${row}, '같다 \\\\ \\n 😀', NULL, NULL, NULL, NULL, NULL, NULL, ${row}.1, NULL, 'Ab', NULL, NULL, NULL, NULL, NULL, NULL)`,
      );
    const sqlite = await emptyDatabase('sqlite');
    const plan = await copy(source, sqlite, 'odd', 'odd_copy', { map: { h: 'ratio' } });
    expect(plan.columns.find(({ from }) => from === 'h')?.to).toBe('ratio');
    const [row] = await sqlite.knex('odd_copy').where({ a: 0 }).select('c', 'd', 'i');
    expect(row).toEqual({ c: '0.000000000000', d: null, i: 5e-324 });
    for (const kind of kinds.filter((one) => one !== 'sqlite')) {
      const server = await emptyDatabase(kind);
      await copy(sqlite, server, 'odd_copy', 'from_sqlite');
      await copy(source, server, 'odd');
    }
    const more = { map: { h: 'ratio' }, where: 'a > 0' };
    await expect(copy(source, sqlite, 'odd', 'odd_copy', more)).rejects.toThrow('holds rows already');
    await insert(
      `(18446744073709551615, 'large', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
    await expect(copy(source, sqlite, 'odd', 'other')).rejects.toThrow('column a of odd holds 18446744073709551615');
    await copy(source, sqlite, 'odd', 'other', { where: "b <> 'large'" });
    await knex.raw('CREATE TABLE zero (id INT PRIMARY KEY, d DATETIME)');
    await knex.transaction(async (tx) => {
      const [[{ mode }]] = await tx.raw('SELECT @@sql_mode AS mode');
      await tx.raw("SET sql_mode = ''");
      await tx.raw("INSERT INTO zero VALUES (1, '0000-00-00')");
      await tx.raw('SET sql_mode = ?', [mode]);
    });
    await expect(copy(source, sqlite, 'zero')).rejects.toThrow(
      'column d of zero holds 1 dates without a day or a month',
    );
    await knex.raw('CREATE TABLE place (id INT PRIMARY KEY, p POINT)');
    await expect(copy(source, sqlite, 'place')).rejects.toThrow('column p of place is of the type point');
    await knex.raw('CREATE TABLE latin (id INT PRIMARY KEY, n VARCHAR(9) CHARACTER SET latin1)');
    await expect(copy(source, source, 'odd', 'latin', { map: { a: 'id' }, where: 'a < 5' })).rejects.toThrow(
      /has no column b/,
    );
    await sqlite.knex.raw('CREATE TABLE pairs (id INTEGER PRIMARY KEY, n TEXT)');
    await sqlite.knex('pairs').insert({ id: 1, n: '가' });
    await expect(copy(sqlite, source, 'pairs', 'latin')).rejects.toThrow('of the character set latin1');
    await knex.raw('CREATE TABLE timed (id INT PRIMARY KEY, n DATETIME(3))');
    await expect(copy(sqlite, source, 'pairs', 'timed')).rejects.toThrow(
      'column n of the row with id 1 is "가", which is no datetime(3)',
    );
    // Corrected, the same copy goes on.
    await sqlite.knex('pairs').update({ n: '2026-11-20 15:00:00.1' });
    await copy(sqlite, source, 'pairs', 'timed');
  });
});

describe('the command', () => {
  const rows = 60_000;
  let source: Database;
  beforeAll(async () => {
    source = await emptyDatabase('sqlite');
    await source.knex.raw('CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20), won BIGINT)');
    await source.knex.raw(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO item SELECT i * 3, 'name ' || i, i * 1000000007 FROM n`,
    );
  });
  const argsOf = (...more: string[]) => {
    return ['copy-table', '--from', source.url, '--table', 'item', '--workers', '2', '--partitions', '3', ...more];
  };

  test('a key that is NULL in rows is refused: no page by key has them', async () => {
    await source.knex.raw('CREATE TABLE halves (x INTEGER, y TEXT, PRIMARY KEY (x, y))');
    await source.knex.raw("INSERT INTO halves VALUES (1, 'a'), (NULL, 'b')");
    const target = await emptyDatabase('sqlite');
    await expect(copy(source, target, 'halves')).rejects.toThrow(
      'column x of the primary key of halves is NULL in 1 row',
    );
    expect((await copy(source, target, 'halves', 'halves', { where: 'x IS NOT NULL' })).rows).toBe(1);
  });

  test('rows of one moment are not bounded by the keys of another', async () => {
    const target = await emptyDatabase('sqlite');
    const request = { table: 'item', into: 'item', map: {}, where: undefined };
    const job = copyTableJob(source, request, { isSnapshot: true });
    const { execution, error } = await runJob(target, job, copyParameters(source, request), { workers: 1 });
    expect(error).toBeUndefined();
    const plan = readCopyPlan(deserialiseContext((await getJobContext(target, execution.id)) ?? '{}'));
    expect(plan).toMatchObject({ isSnapshot: true, rows });
    expect(plan.range).toBeUndefined();
  });

  // A server where there is one: its transactions are those of another process.
  test.each(isThorough ? kinds : [kinds.find((kind) => kind === 'mariadb') ?? kinds[0]])(
    'goes on after kills in %s, and finds a byte that differs',
    { timeout: 300_000 },
    async (kind) => {
      const target = await emptyDatabase(kind);
      const points: KillPoint[] = [
        { mode: 'after-commit', at: 3 },
        { mode: 'before-commit', at: 5 },
        { mode: 'before-commit', at: 16 },
      ];
      expect(await runThroughKills(argsOf(), target.url, points, 4)).toBeGreaterThan(1);
      const verified = await runSettle(argsOf('--verify', '--json'), {
        url: target.url,
        env: { SETTLE_LOG: 'silent' },
      });
      expect(verified).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(verified.stdout)).toMatchObject({
        rows,
        status: 'already-complete',
        verified: { different: [] },
      });
      await target.knex('item').where({ id: 30_000 }).update({ name: 'name 10001' });
      const differs = await runSettle(argsOf('--verify'), {
        url: target.url,
        env: { SETTLE_LOG: 'silent' },
      });
      expect(differs.code).toBe(20);
      expect(differs.stderr).toMatch(
        /^settle: item \(60000 rows [0-9a-f]{24}\) and item .* are not equal: id 30000 differs\. The target is not what was read/,
      );
    },
  );

  test('refuses in one line what it cannot do', async () => {
    const run = async (...args: string[]) => await runSettle(['copy-table', ...args], { url: source.url });
    const secret = await run('--from', 'mysql://u:hushhush@127.0.0.1/x', '--table', 'a');
    expect(secret.code).toBe(2);
    expect(secret.stderr).not.toContain('hushhush');
    expect(await run('--from', source.url, '--table', 'item')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^settle: table item would be copied onto itself\..*\n$/),
    });
    expect(await run('--from', source.url, '--table', 'none', '--into', 'other')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no table none in sqlite:/),
    });
    // What goes on with a copy is its own command: a restart knows no other database.
    const target = await open(await freshPlatform('sqlite'));
    const args = ['copy-table', '--from', source.url, '--table', 'none', '--into', 'other'];
    expect((await runSettle(args, { url: target.url })).code).toBe(2);
    const shown = await runSettle(['show', '--last', '--json'], { url: target.url });
    const from = source.displayUrl;
    expect(JSON.parse(shown.stdout).next).toEqual([`settle copy-table --from ${from} --table none --into other`]);
  });
});
