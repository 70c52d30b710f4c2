/** `settle bench` as a user's pipeline runs it, and the databases that it must not touch. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, sampledDatabases, type TestDatabase, testRedisUrl } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const SIZE = ['--rows', '5000', '--videos', '100', '--rounds', '1'];
/** So few rows are no match for what starting costs. */
const ANY_RATIO = ['--floor', 'group-by=0', '--floor', 'workers=0'];

describe('bench --ci', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-bench-'));
  const url = `sqlite:${join(folder, 'bench.db')}`;
  const json = join(folder, 'bench.json');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    const args = ['bench', '--ci', ...SIZE, ...ANY_RATIO, '--json', '--html', join(folder, 'bench.html')];
    const { code, stdout, stderr } = await runSettle(args, { url });
    expect(code, stderr).toBe(0);
    writeFileSync(json, stdout);
  });

  test('passes, and measures every contender: time, memory, CPU, and that its result is right', () => {
    const [{ contenders }] = JSON.parse(readFileSync(json, 'utf8')).cases;
    expect(contenders.map(({ name }: { name: string }) => name)).toEqual(['settle-1', 'settle-2', 'group-by']);
    for (const { name, attempts } of contenders) {
      expect(attempts, name).toHaveLength(1);
      expect(attempts[0], name).toMatchObject({ rows: 5000, round: 1 });
      expect(attempts[0], name).not.toHaveProperty('wrong');
      expect(attempts[0].seconds, name).toBeGreaterThan(0);
      expect(attempts[0].peakRssBytes, name).toBeGreaterThan(2 ** 20);
      expect(attempts[0].clientCpuSeconds, name).toBeGreaterThan(0);
    }
    expect(readFileSync(join(folder, 'bench.html'), 'utf8')).toContain('</svg>');
  });

  test('ends with 1 when a ratio is below its floor, on the rows that are there already', async () => {
    const args = ['bench', '--ci', ...SIZE, '--contenders', 'settle-2,group-by', '--floor', 'group-by=1000'];
    const { code, stdout, stderr } = await runSettle(args, { url });
    expect(stderr).toMatch(/reusing 5,000 rows/);
    expect(stderr).toMatch(/group-by: settle-2 runs at .* below the floor 1000/);
    expect(stdout).toMatch(/^Daily statistics/);
    expect(code).toBe(1);
  });

  test('ends with 1 when settle itself was wrong, however fast', async () => {
    const result = JSON.parse(readFileSync(json, 'utf8'));
    result.cases[0].contenders[0].attempts[0].wrong = 'lost a row';
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, JSON.stringify(result));
    const { code, stderr } = await runSettle(['bench', '--ci', '--from', broken, '--floor', 'group-by=0'], { url });
    expect(stderr).toMatch(/settle-1: lost a row/);
    expect(code).toBe(1);
  });

  test('ends with 1 when nothing was compared', async () => {
    const { code, stderr } = await runSettle(['bench', '--ci', ...SIZE, '--contenders', 'nobody'], { url });
    expect(stderr).toMatch(/daily was not run: .* it has settle-1, settle-2, group-by/);
    expect(code).toBe(1);
  });

  test('delivers messages to a receiver that fails, and counts what arrives', async () => {
    const args = ['bench', 'relay', '--rows', '2000', '--rounds', '1', '--contenders', 'settle-http-failing', '--json'];
    const { stdout, stderr } = await runSettle(args, { url });
    const [{ contenders }] = JSON.parse(stdout).cases;
    expect(contenders[0].attempts, stderr).toMatchObject([{ rows: 2000 }]);
    expect(contenders[0].attempts[0]).not.toHaveProperty('wrong');
  });

  test('posts views, which are told what the night says; a check beside live keys is answered in time', async () => {
    const args = ['bench', 'post-views', '--rows', '3000', '--rounds', '1', '--ci', '--json'];
    const { code, stdout, stderr } = await runSettle(args, { url, env: { SETTLE_REDIS_URL: testRedisUrl() } });
    expect(code, stderr).toBe(0);
    const [{ contenders }] = JSON.parse(stdout).cases;
    const [posted, checked] = contenders.map(({ attempts }: { attempts: unknown[] }) => attempts[0]);
    expect(posted).toMatchObject({ rows: 3_000, figures: { sentAgain: 0 } });
    expect(posted.figures.repeat).toBeGreaterThan(100);
    expect(checked).toMatchObject({ rows: 1_000 });
    expect(checked.figures.checkP99).toBeGreaterThan(0);
    for (const attempt of [posted, checked]) expect(attempt).not.toHaveProperty('wrong');
  });

  test('shows an earlier run again, as a document with pictures', async () => {
    const document = join(folder, 'performance.md');
    const { code } = await runSettle(['bench', '--from', json, '--markdown', document], { url });
    expect(code).toBe(0);
    expect(readFileSync(document, 'utf8')).toContain('| settle-1: settle, 1 worker | 1 |');
    expect(readdirSync(join(folder, 'performance'))).toEqual(['daily-memory.svg', 'daily-seconds.svg']);
  });

  test('refuses rows of another kind until it may throw its own away', async () => {
    const other = ['bench', '--ci', '--rows', '4000', '--videos', '50', '--rounds', '1', '--contenders', 'group-by'];
    const refused = await runSettle(other, { url });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/rows of another kind .*--remake/);
    const { code, stderr } = await runSettle([...other, '--remake'], { url });
    expect(stderr).toMatch(/throwing away/);
    expect(code, stderr).toBe(0);
  });
});

describe.each(sampledDatabases(import.meta.url))('a database of somebody else on $name', ({ name }) => {
  let database: TestDatabase;
  const rows = async () => {
    const opened = await openDatabase(database.url);
    try {
      const tables = await opened.dialect.inspect.tables(opened.knex);
      return { tables, views: await opened.knex('view_log').orderBy('id') };
    } finally {
      await opened.close();
    }
  };
  beforeEach(async () => {
    database = await freshPlatform(name);
  });
  afterEach(() => database.drop());

  test('is refused and left as it is', async () => {
    const opened = await openDatabase(database.url);
    await opened.knex('view_log').insert({ id: 1, video_id: 1, viewer_id: 1, play_seconds: 1, ad_views: 0 });
    await opened.close();
    const before = await rows();
    for (const flag of ['--remake', '--adopt']) {
      const { code, stderr } = await runSettle(['bench', 'daily', ...SIZE, flag], database);
      expect(stderr).toMatch(flag === '--adopt' ? /cannot be adopted/ : /rows in view_log that the bench did not make/);
      expect(code).toBe(2);
    }
    expect(await rows()).toEqual(before);
  });

  test('that settle seed alone has filled is taken over when asked to', async () => {
    const spec = ['--rows', '2000', '--date', '2026-11-19', '--videos', '50'];
    expect(await runSettle(['seed', ...spec], database)).toMatchObject({ code: 0 });
    const before = await rows();
    const args = ['bench', 'daily', ...spec, '--rounds', '1', '--contenders', 'group-by'];
    expect(await runSettle(args, database)).toMatchObject({ code: 2 });
    const { code, stderr } = await runSettle([...args, '--adopt'], database);
    expect(code, stderr).toBe(0);
    expect((await rows()).views).toEqual(before.views);
  });
});
