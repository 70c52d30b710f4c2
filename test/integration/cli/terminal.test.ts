/**
 * What a terminal obeys or is deceived by, in every text that comes from others: names of files, reasons, names of
 * cards, parameters, zones, payloads, names in the database. None of it comes out as it is.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { type Outcome, runSettle } from '../../support/run-settle.ts';

/** ESC, C1's CSI, BEL, CR, right-to-left override, isolate, line separator, byte order mark. */
const EVIL = 'x\u001b[2J\u009b31m\u0007\r\u202egpj\u2066\u2028\ufeffy';
const OBEYED = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const DATE = '2026-11-20';

const folder = mkdtempSync(join(tmpdir(), 'settle-terminal-'));
const terminationLog = join(folder, 'termination-log');
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase('sqlite');
  expect((await run('migrate')).code).toBe(0);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** Runs it in both formats of the log; `--json` is a third of the caller's. */
async function run(...args: string[]): Promise<Outcome> {
  const env = { SETTLE_LOG: 'debug', SETTLE_TERMINATION_LOG: terminationLog };
  const outcome = await runSettle(args, { url: database.url, env });
  expect(outcome.stdout).not.toMatch(OBEYED);
  expect(outcome.stderr).not.toMatch(OBEYED);
  return outcome;
}

test('names of files and what stands in them', async () => {
  const views = join(folder, `${EVIL}.csv`);
  writeFileSync(
    views,
    `video_id,viewer_id,viewed_at,play_seconds,${EVIL.replaceAll('\r', '')}\n1,2,${DATE}T05:00:00Z,${EVIL.replaceAll('\r', '')},1\n`,
  );
  expect((await run('import', 'views', views)).code).toBe(2);
  expect(readFileSync(terminationLog, 'utf8')).not.toMatch(OBEYED);
  expect((await run('import', 'views', views, '--log-format', 'text')).code).toBe(2);
  expect((await run('show', '--last')).stdout).toContain('\\u001b[2J');
  expect(JSON.parse((await run('show', '--last', '--json')).stdout).parameters.file).toBe(`${EVIL}.csv`);
  await run('runs');
  expect((await run('import', 'videos', join(folder, `absent ${EVIL}`))).stderr).toContain('\\u009b');
});

test('names of cards', async () => {
  const card = {
    name: `card ${EVIL}`,
    effectiveFrom: DATE,
    view: [{ from: 0, price: '1' }],
    adView: [{ from: 0, price: '1' }],
  };
  const path = join(folder, 'card.json');
  writeFileSync(path, JSON.stringify(card));
  const imported = await run('import', 'rates', path);
  // Taken and shown harmlessly, or refused in one line.
  expect(imported.code === 0 ? imported.stdout : imported.stderr).toMatch(/./);
  writeFileSync(path, JSON.stringify({ ...card, [EVIL]: 1, effectiveFrom: EVIL }));
  expect((await run('import', 'rates', path)).code).toBe(2);
});

test('flags and parameters', async () => {
  for (const args of [
    [EVIL],
    ['run', EVIL, '--date', DATE],
    ['run', 'daily', '--date', DATE, '-p', `${EVIL}=1`],
    ['run', 'daily', '--date', EVIL],
    ['run', 'daily', '--date', DATE, '--zone', EVIL],
    ['show', EVIL],
    ['runs', '--config', EVIL],
    ['runs', '--log-level', EVIL],
    ['ledger', 'reverse', EVIL, '--reason', EVIL],
    ['challenge', 'show', EVIL],
  ]) {
    expect((await run(...args)).code, args.join(' ')).toBeGreaterThan(0);
  }
});

test('records that were set aside, reasons, and names of the database', async () => {
  const open = await openDatabase(database.url);
  await open
    .knex('view_log')
    .insert({ id: 1, video_id: 1, viewer_id: 2, viewed_at: EVIL, play_seconds: 1, ad_views: 0 });
  await run('--date', DATE);
  await run('skipped', '1');
  await run('skipped', '1', '--json');
  await run('abandon', '1', '--reason', EVIL);
  await open.knex.schema.dropTable('video_daily_stats');
  await open.knex.raw(`CREATE VIEW video_daily_stats AS SELECT * FROM "${EVIL}"`);
  await open.close();
  await run('stats', '--date', DATE);
  await run('doctor');
});
