/** `settle import` as a person uses it: files, standard input, and what is wrong with a file, by its line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase('sqlite');
  await runSettle(['migrate'], { url: database.url });
});
afterEach(() => database.drop());

const LOG = [
  'id,user_id,video_id,viewed_at,play_seconds',
  '1,7,100,2026-11-20T01:00:00.000Z,12',
  '2,8,100,2026-11-20T01:00:01.500Z,30',
  '3,7,200,2026-11-20T01:00:02.000Z,5',
  '',
].join('\n');
const MAP = ['--map', 'viewer_id=user_id', '--register-videos'];

function importViews(file: string, content: string | Buffer, ...flags: string[]) {
  writeFileSync(join(folder, file), content);
  return runSettle(['import', 'views', file, ...flags], {
    url: database.url,
    cwd: folder,
    env: { SETTLE_LOG: 'silent' },
  });
}

async function rows(): Promise<unknown[]> {
  const open = await openDatabase(database.url);
  const found = await open
    .knex('view_log')
    .orderBy('id')
    .select('id', 'viewer_id', 'video_id', 'viewed_at', 'play_seconds');
  await open.close();
  return found.map((row) => Object.values(row));
}

const ROWS = [
  [1, 7, 100, '2026-11-20 01:00:00.000', 12],
  [2, 8, 100, '2026-11-20 01:00:01.500', 30],
  [3, 7, 200, '2026-11-20 01:00:02.000', 5],
];

test.each([
  ['log.csv', LOG],
  ['log.csv.gz', gzipSync(LOG)],
  ['log.tsv', LOG.replaceAll(',', '\t')],
])('%s is loaded once', async (file, content) => {
  expect(await importViews(file, content, ...MAP)).toMatchObject({ code: 0, stderr: '' });
  expect(await rows()).toEqual(ROWS);
  const again = await importViews(file, content, ...MAP);
  expect(again).toMatchObject({ code: 0, stdout: '' });
  expect(again.stderr).toMatch(/import-views is already complete/);
});

test('- reads standard input', async () => {
  const args = ['import', 'views', '-', ...MAP, '--json'];
  const { code, stdout } = await runSettle(args, { url: database.url, input: gzipSync(LOG) });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ job: 'import-views', status: 'COMPLETED' });
  expect(await rows()).toEqual(ROWS);
});

test('a path that is not there', async () => {
  const outcome = await runSettle(['import', 'views', 'absent.csv'], { url: database.url, cwd: folder });
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toMatch(/^settle: [^\n]*absent\.csv[^\n]*\n$/);
});

test.each([
  ['a number that is none', LOG.replace('1,7,100', '1,seven,100'), /line 2\b.*seven/],
  ['a time that is none', LOG.replace('2026-11-20T01:00:02.000Z', 'noon'), /line 4\b.*noon/],
  ['a line with too few fields', LOG.replace(',30\n', '\n'), /line 3\b/],
  ['a column that is missing', LOG.replace('video_id', 'film'), /line 1\b.*video_id/],
  ['a file that is cut off', gzipSync(LOG).subarray(0, 40), /bad\.csv/],
  ['an empty file', '', /bad\.csv/],
])('%s is told in one line, and nothing is written', async (_what, content, text) => {
  const { code, stderr } = await importViews('bad.csv', content, ...MAP);
  expect(stderr).toMatch(text);
  expect(stderr).toMatch(/^settle: [^\n]+\n$/);
  expect(code).toBe(2);
  expect(await rows()).toEqual([]);
  const { stdout } = await runSettle(['runs'], { url: database.url });
  // What was only checked was not imported.
  if (stdout !== '') expect(stdout).toMatch(/ import-views .* FAILED .* 0 +- +FAILED/);
});

test('flags that mean nothing for videos', async () => {
  const { code, stderr } = await runSettle(['import', 'videos', 'x.csv', '--register-videos'], { url: database.url });
  expect(code).toBe(2);
  expect(stderr).toMatch(/--register-videos is for views/);
});

test('a clash with the table is not to be restarted', async () => {
  await importViews('log.csv', LOG, ...MAP);
  const { code, stdout } = await importViews('clash.csv', LOG.replace(',30\n', ',31\n'), ...MAP);
  expect(code).toBe(2);
  const again = `settle import views ${join(folder, 'clash.csv')} --map viewer_id=user_id --register-videos`;
  expect(stdout).toContain(`\nnext\n  ${again}   (the file corrected)\n`);
  expect((await runSettle(['show', '2'], { url: database.url })).stdout).not.toContain('settle restart');
});
