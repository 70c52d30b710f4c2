/** What settle writes on a machine is its user's alone, and a planted name does nothing but be a name. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const modeOf = (path: string) => statSync(path).mode & 0o777;

test('an SQLite file and its companions are made for their owner alone; one that exists keeps its mode', async () => {
  const path = join(folder, 'own.db');
  const database = await openDatabase(`sqlite:${path}`);
  await database.knex.raw('CREATE TABLE t (a)');
  for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(modeOf(name), name).toBe(0o600);
  await database.close();
  chmodSync(path, 0o640);
  await (await openDatabase(`sqlite:${path}`)).close();
  expect(modeOf(path)).toBe(0o640);
});

test('a config file that others may write is refused in one line', async () => {
  const path = join(folder, 'settle.config.json');
  writeFileSync(path, '{"databaseUrl": "sqlite:own.db"}');
  chmodSync(path, 0o666);
  const { code, stderr } = await runSettle(['runs'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^settle: the config file settle.config.json can be written by other users. `chmod go-w [^\n]+\n$/,
  );
  rmSync(path);
});

test('a report of Node.js holds no password', async () => {
  const reports = mkdtempSync(join(folder, 'reports-'));
  const options = `--report-on-signal --report-uncaught-exception --report-directory=${reports}`;
  const program = join(reports, 'preload.mjs');
  // Written when the program ends: settle has begun by then.
  writeFileSync(program, "process.on('exit', () => process.report.writeReport('report.json'));");
  const env = { NODE_OPTIONS: `${options} --import ${program}`, SETTLE_LOG: 'silent' };
  await runSettle(['runs'], { url: 'mysql://u:Hunter2@127.0.0.1:1/d', env, cwd: reports });
  const files = readdirSync(reports).filter((name) => name.endsWith('.json'));
  expect(files).toEqual(['report.json']);
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(join(reports, 'report.json'), 'utf8')).not.toMatch(/Hunter2/);
});

describe.each(testDatabases())('names and values on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    bench = await freshDatabase(name);
    database = await openDatabase(bench.url);
  });
  afterEach(async () => {
    await database.close();
    await bench.drop();
  });

  test('of columns are names, whatever they try to end', async () => {
    const names = [
      "a'+process.exit()+'",
      'b"];process.exit();["',
      'c\\',
      '__proto__x',
      'constructor',
      'd\ne',
      ['$', '{process.exit()}'].join(''),
    ];
    const quote = (text: string) =>
      name === 'sqlite' ? `"${text.replaceAll('"', '""')}"` : `\`${text.replaceAll('`', '``')}\``;
    const list = names.map((text, index) => `${index} AS ${quote(text)}`).join(', ');
    const result = await database.knex.raw(`SELECT ${list}`);
    const row = name === 'sqlite' ? result[0] : result[0][0];
    expect(Object.entries(row).map(([key, value]) => [key, Number(value)])).toEqual(
      names.map((text, index) => [text, index]),
    );
  });

  test('of values are values', async () => {
    await database.knex.schema.createTable('t', (table) => table.string('a', 100));
    const values = ["x'; DROP TABLE t; --", 'x" OR 1=1', '\\', "\\'", 'x\u0000y', '__proto__', '?', ':a', '한😀'];
    for (const value of values) await database.knex('t').insert({ a: value });
    for (const value of values) {
      expect(await database.knex('t').where({ a: value }), JSON.stringify(value)).toMatchObject([{ a: value }]);
    }
  });
});

test('`__proto__` in a parameter, a column map, a config file and a rate card is a name like any other', async () => {
  const url = `sqlite:${join(folder, 'proto.db')}`;
  expect((await runSettle(['migrate'], { url })).code).toBe(0);
  const card = join(folder, 'card.json');
  writeFileSync(card, '{"__proto__": {"name": "x"}, "effectiveFrom": "2026-11-20"}');
  const config = join(folder, 'proto.json');
  writeFileSync(config, '{"__proto__": {"databaseUrl": "sqlite:y.db"}}');
  const views = join(folder, '__proto__');
  writeFileSync(views, '__proto__,video_id,viewer_id\n1,2,3\n');
  for (const args of [
    ['run', 'daily', '--date', '2026-11-20', '-p', '__proto__=1'],
    ['import', 'views', views, '--map', '__proto__=video_id'],
    ['import', 'views', views, '--map', 'viewed_at=__proto__'],
    ['import', 'rates', card],
    ['run', '__proto__', '--date', '2026-11-20'],
    ['runs', '--config', config],
  ]) {
    const { code, stderr } = await runSettle(args, { url, env: { SETTLE_LOG: 'silent' } });
    expect(code, args.join(' ')).toBe(2);
    expect(stderr).toMatch(/^settle: [^\n]+\n$/);
  }
});
