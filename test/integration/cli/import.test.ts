/** `settle import` as a person uses it: files, standard input, and what is wrong with a file, by its line. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle, SETTLE, startSettle } from '../../support/run-settle.ts';

const FIXTURES = new URL('../../fixtures/import/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'settle-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

let database: TestDatabase;
beforeEach(async () => {
  database = await freshPlatform('sqlite');
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

test('what can be read only once is copied, imported as one instance, and leaves nothing behind', async () => {
  const copies = mkdtempSync(join(folder, 'copies-'));
  const env = { TMPDIR: copies, SETTLE_LOG: 'silent' };
  writeFileSync(join(folder, 'log.csv'), LOG);
  const settle = `${process.execPath} ${SETTLE} import views ${MAP.join(' ')}`;
  const shell = `set -e; ${settle} <(cat log.csv); cat log.csv | ${settle} /dev/stdin`;
  const child = spawn('bash', ['-c', shell], {
    cwd: folder,
    env: { ...process.env, ...env, SETTLE_DATABASE_URL: database.url },
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^settle: import-views is already complete/),
  });
  expect(await rows()).toEqual(ROWS);
  expect(readdirSync(copies).filter((name) => name.startsWith('settle-import-'))).toEqual([]);
});

test('a pipe into which nobody writes is given up on SIGTERM', async () => {
  const copies = mkdtempSync(join(folder, 'copies-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const env = { TMPDIR: copies, SETTLE_LOG: 'silent' };
  const { child, outcome } = startSettle(['import', 'views', 'pipe'], { url: database.url, cwd: folder, env });
  const descriptors = `/proc/${child.pid}/fd`;
  const isOpen = () => readdirSync(descriptors).some((fd) => linkOf(join(descriptors, fd)).endsWith('/pipe'));
  while (!isOpen()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  const { code, stderr } = await outcome;
  expect(code).toBe(143);
  expect(stderr).toMatch(/stopped while the input was copied; nothing is written/);
  expect(readdirSync(copies).filter((name) => name.startsWith('settle-import-'))).toEqual([]);
});

test('grants of CP949: refused by line as UTF-8, read right by name', async () => {
  const file = new URL('../../fixtures/grants-cp949.csv', import.meta.url).pathname;
  const post = (...flags: string[]) =>
    runSettle(['ledger', 'post', file, ...flags], { url: database.url, env: { SETTLE_LOG: 'silent' } });
  const refused = await post();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^settle: grants-cp949\.csv line 2 is not UTF-8\. [^\n]*--encoding cp949\.\n$/);
  expect(await post('--encoding', 'CP949')).toMatchObject({ code: 0, stderr: '' });
  expect(await post('--encoding', 'euc-kr')).toMatchObject({ code: 0, stdout: '' });
  const open = await openDatabase(database.url);
  const keys = await open.knex('settle_journal').orderBy('id').pluck('journal_key');
  await open.close();
  expect(keys).toEqual(['가입축하', '생일축하', '추천인']);
});

test('names that end with a blank or hold what a terminal obeys', async () => {
  const name = 'a\u001b[2Jb\n ';
  const { code, stderr } = await importViews(name, LOG.replace('1,7,100', '1,seven,100'), ...MAP);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'settle: "a\\u001b[2Jb\\n " line 2: viewer_id "seven" is not a whole number. Correct the file and run settle import again.\n',
  );
  const show = await runSettle(['show', '--last'], { url: database.url });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal
  expect(show.stdout).not.toMatch(/\x1b/);
  expect(show.stdout).toContain(`settle import views $'${folder}/a\\x1b[2Jb\\x0a '`);
  expect(await importViews(name, LOG, ...MAP)).toMatchObject({ code: 0, stderr: '' });
  expect(await rows()).toEqual(ROWS);
});

test('a last line without its end is taken when a flag says so', async () => {
  const cut = LOG.trimEnd();
  const refused = await importViews('log.csv', cut, ...MAP);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /^settle: log\.csv line 4: the last line has no end[^\n]*--allow-partial-last-line[^\n]*\n$/,
  );
  expect(await rows()).toEqual([]);
  expect(await importViews('log.csv', cut, ...MAP, '--allow-partial-last-line')).toMatchObject({ code: 0, stderr: '' });
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

/** The warnings among the lines of a JSON log. */
function warnings(stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).flatMap(({ level, msg }) => (level === 'warn' ? [msg] : []));
}

test('names by any case; unused columns, odd years and NULLs are told, and numbers need a unit', async () => {
  const upper = await importViews('upper.csv', readFileSync(new URL('header_case.csv', FIXTURES)));
  expect(upper).toMatchObject({ code: 0, stderr: '' });
  expect(await rows()).toEqual([
    [900, 10, 1, '2026-11-20 03:00:00.000', 5],
    [901, 11, 1, '2026-11-20 03:00:01.000', 5],
  ]);

  const odd = 'id,video_id,viewer_id,viewed_at,play_seconds,note\n1,2,3,1026-11-20 03:00,1,x\n2,2,3,\\N,1,x\n';
  const refused = await importViews('odd.csv', odd);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /^settle: odd\.csv line 3: viewed_at .* is not a time\. --null '\\N' reads it as NULL/,
  );
  const told = await runSettle(['import', 'views', 'odd.csv', '--null', '\\N'], { url: database.url, cwd: folder });
  expect(warnings(told.stderr)).toEqual([
    'columns that are not used: note',
    'viewed_at is outside of the years 2000 to 2100 in 1 row, first in line 2: 1026-11-20 03:00:00',
  ]);

  const seconds = readFileSync(new URL('views_epoch_seconds.csv', FIXTURES), 'utf8').replaceAll('\n90', '\n80');
  const guess = await importViews('seconds.csv', seconds);
  expect(guess.code).toBe(2);
  expect(guess.stderr).toMatch(
    /^settle: seconds\.csv line 2: viewed_at "1763607600" .*--time-unit seconds reads it so\.\n$/,
  );
  expect(await importViews('seconds.csv', seconds, '--time-unit', 'seconds')).toMatchObject({ code: 0 });
  expect((await rows()).slice(2, 4)).toMatchObject([
    [800, 10, 1, '2025-11-20 03:00:00.000', 5],
    [801, 11, 1, '2025-11-20 03:00:01.000', 5],
  ]);
});

test.each([
  [['videos', 'x.csv', '--time-unit', 'seconds'], /--time-unit is not for videos/],
  [['proofs', 'x.csv', '--time-unit', 'seconds'], /--time-unit seconds: for proofs it is compact/],
  [['challenges', 'x.csv', '--null', 'NULL'], /--null is not for challenges/],
])('%j is refused', async (args, text) => {
  const { code, stderr } = await runSettle(['import', ...args], { url: database.url });
  expect(code).toBe(2);
  expect(stderr).toMatch(text);
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return '';
  }
}
