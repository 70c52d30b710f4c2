/** Every error of use is one clear line on stderr and its exit code; stdout stays empty; no stack, no password. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import {
  administer,
  freshDatabase,
  freshPlatform,
  sampledServers,
  type TestDatabase,
  testDatabases,
} from '../../support/databases.ts';
import { type Outcome, runSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';

/** One line, nothing on stdout. */
function expectError(outcome: Outcome, code: number, text: RegExp): void {
  expect(outcome.stderr).toMatch(text);
  expect(outcome.stderr).toMatch(/^settle: [^\n]+\n$/);
  expect(outcome.stdout).toBe('');
  expect(outcome.code).toBe(code);
}

describe('before any database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-use-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => runSettle(args, { cwd: folder });

  test.each([
    [['rums'], /unknown command 'rums'.*Did you mean runs\?/],
    [['runs', '--jsn'], /unknown option '--jsn'.*Did you mean --json\?/],
    [['runs', '--limit', 'many'], /--limit must be a whole number of at least 1, not "many"/],
    [['run', 'dail', '--date', DATE], /unknown job "dail".*Did you mean daily\?/],
    [['show'], /name one execution, or --last/],
    [['show', 'x'], /"x" is not the number of an execution/],
    [['abandon', '1'], /--reason/],
    [['stats', '--date', '2026-02-30'], /'2026-02-30' is not a date/],
    [['stats', '--date', DATE, '--period', 'year'], /--period.*year.*day, week, month/],
    [['verify', '--date', DATE, '--zone', 'Asia/Soul'], /unknown time zone 'Asia\/Soul'/],
    [['runs', '--log-level', 'loud'], /unknown log level "loud"/],
    [['runs', '--config', 'absent.json'], /cannot read the config file absent.json/],
  ])('%j', async (args, text) => expectError(await run(...args), 2, text));

  test('no database file', async () => {
    expectError(await run('runs'), 2, /there is no database file settle.db.*settle migrate/);
  });

  test.each([
    ['postgres://x/y', /unknown database URL scheme "postgres:"/],
    ['nonsense', /has no scheme/],
    ['sqlite:/nowhere/at/all.db', /no database file/],
  ])('database URL %s', async (url, text) => expectError(await runSettle(['runs'], { url }), 2, text));

  test('a config file that is no JSON', async () => {
    writeFileSync(join(folder, 'broken.json'), '{"databaseUrl": }');
    expectError(await run('runs', '--config', 'broken.json'), 2, /broken.json is not JSON/);
  });

  test('a file that is no database', async () => {
    writeFileSync(join(folder, 'letter.db'), 'Dear reader, '.repeat(1000));
    expectError(await runSettle(['runs'], { url: 'sqlite:letter.db', cwd: folder }), 2, /not an SQLite database/);
  });

  test('the database URL comes from the config file when no variable names one', async () => {
    writeFileSync(join(folder, 'settle.config.json'), '{"databaseUrl": "sqlite:configured.db"}');
    expectError(await run('runs'), 2, /configured.db/);
    rmSync(join(folder, 'settle.config.json'));
  });
});

describe('with a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshPlatform('sqlite');
  });
  afterAll(() => database.drop());

  test.each([
    [['--date', '2026-13-01'], /'2026-13-01' is not a date/],
    [['--date', '20261120'], /'20261120' is not a date/],
    [['--date', DATE, '--chunk', '4000001'], /--chunk must be a whole number from 1 to 4,000,000, not 4000001/],
    [['--date', DATE, '--zone', 'Asia/Soul'], /unknown time zone 'Asia\/Soul'/],
    [['--date', DATE, '-p', 'colour=red'], /has no parameter colour/],
    [['--date', DATE, '-p', 'date=2026-11-21'], /date is given twice/],
    [['run', 'daily'], /needs the parameter date/],
  ])('%j', async (args, text) => expectError(await runSettle(args, { url: database.url }), 2, text));
});

describe.each(testDatabases())('on $name', ({ name }) => {
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url });
  beforeAll(async () => {
    database = await freshPlatform(name);
  });
  afterAll(() => database.drop());

  test.each([
    [['show', '99'], /there is no execution 99/],
    [['show', '--last'], /there is no execution yet/],
    [['stop', '99'], /there is no execution 99/],
    [['restart', '99'], /there is no execution 99/],
    [['verify', '--date', DATE], /has not been settled/],
  ])('%j', async (args, text) => expectError(await run(...args), 2, text));

  test('an outdated schema is refused by everything that writes, but migrate', async () => {
    const old = await openDatabase(database.url);
    const [last] = await old.knex('settle_migration').orderBy('name', 'desc').limit(1);
    await old.knex('settle_migration').where({ name: last.name }).delete();
    try {
      for (const args of [
        ['verify', '--date', DATE],
        ['close', '--date', DATE],
      ]) {
        expectError(await run(...args), 10, /lacks 1 migration.*settle migrate/i);
      }
      const status = await run('migrate', '--status');
      expect(status.code).toBe(10);
      expect(status.stdout).toContain(`pending  ${last.name}`);
    } finally {
      await old.knex('settle_migration').insert(last);
      await old.close();
    }
  });

  test('a missing table', async () => {
    const lame = await freshPlatform(name);
    const open = await openDatabase(lame.url);
    await open.knex.schema.dropTable('view_log');
    await open.close();
    const { code, stderr } = await runSettle(['--date', DATE], { url: lame.url, env: { SETTLE_LOG: 'silent' } });
    expect(stderr).toMatch(/^settle: the database lacks a table.*view_log[^\n]*\n$/);
    expect(code).toBe(2);
    await lame.drop();
  });
});

describe.each(sampledServers(import.meta.url))('on a $name server', ({ name }) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await freshDatabase(name);
  });
  afterEach(() => database.drop());

  test('a refused password is not repeated', async () => {
    const url = new URL(database.url);
    url.password = 'open-sesame';
    // The server does not know this password in its cache, and wants it by its key.
    url.searchParams.set('allow-public-key-retrieval', 'true');
    const outcome = await runSettle(['runs'], { url: url.href });
    expectError(outcome, 2, /the database refuses the user.*Access denied/);
    expect(outcome.stderr).not.toContain('open-sesame');
  });

  test('a database that does not exist', async () => {
    const url = new URL(database.url);
    url.pathname = '/settle_test_absent';
    expectError(await runSettle(['runs'], { url: url.href }), 2, /the database does not exist/);
  });

  test('no server', async () => {
    const url = new URL(database.url);
    url.port = '1';
    expectError(await runSettle(['runs'], { url: url.href }), 1, /the database server cannot be reached/);
  });

  test('a database without settle tables', async () => {
    expectError(await runSettle(['runs'], { url: database.url }), 10, /has no settle tables yet.*settle migrate/);
  });

  test('a missing privilege', async () => {
    const url = new URL(database.url);
    url.username = `${url.pathname.slice(-12)}_ro`;
    url.password = 'reader';
    url.searchParams.set('allow-public-key-retrieval', 'true');
    // Also for localhost: a server with an anonymous user there would take us for that one.
    const accounts = ['%', 'localhost'].map((host) => `'${url.username}'@'${host}'`);
    for (const account of accounts) await administer(name, `CREATE USER ${account} IDENTIFIED BY 'reader'`);
    try {
      for (const account of accounts)
        await administer(name, `GRANT SELECT ON \`${url.pathname.slice(1)}\`.* TO ${account}`);
      expectError(await runSettle(['migrate'], { url: url.href }), 2, /lacks a privilege.*CREATE/);
    } finally {
      for (const account of accounts) await administer(name, `DROP USER ${account}`);
    }
  });
});

test.each(['', 'garbage', '2026-11-20 25:00:00'])('the time %j is no case for a retry', async (time) => {
  const database = await freshPlatform('sqlite');
  const open = await openDatabase(database.url);
  for (const [id, viewedAt] of [
    [1, '2026-11-20 01:00:00.000'],
    [2, time],
  ]) {
    await open
      .knex('view_log')
      .insert({ id, video_id: 1, viewer_id: 1, viewed_at: viewedAt, play_seconds: 1, ad_views: 0 });
  }
  await open.close();
  const { code, stdout, stderr } = await runSettle(['--date', DATE], {
    url: database.url,
    env: { SETTLE_LOG: 'silent' },
  });
  expect(stderr).toMatch(
    /^settle: view_log\.viewed_at of the row with id 2 is "[^"\n]*", which is not written YYYY-MM-DD HH:MM:SS\.sss \(UTC\)[^\n]*\n$/,
  );
  expect(stderr).toContain(`is "${time}",`);
  expect(stdout).toMatch(/\nnext\n.* it leaves a text that is no time: correct that row by hand\n/);
  expect(code).toBe(2);
  await database.drop();
});
