/**
 * Makes the pictures of the page in docs/pictures/page (`make pictures`): a database is filled by real runs, `settle serve`
 * serves it, and chromium looks at every view. One run is on its way while it is looked at, held still by SIGSTOP.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { fillPlatform } from '../../test/support/fill-platform.ts';
import { runSettle, SETTLE } from '../../test/support/run-settle.ts';
import { startService, TOKEN } from '../../test/support/serve.ts';
import { BROWSERS, findProgram } from '../../test/support/servers/find-program.ts';

const ROWS_A_DATE = 3_000;
/** Of the date whose run is looked at while it goes on, and of the one with a rate worth drawing. */
const MANY_ROWS = 1_000_000;
const BIG_DATE = '2026-11-22';
const HEIGHT_MAX = 760;
const BYTES_MAX = 150_000;
const TARGET = fileURLToPath(new URL('./page/', import.meta.url));
const WIDE = { viewport: { width: 1280, height: 900 }, locale: 'en-US', colorScheme: 'light' as 'light' | 'dark' };
const DARK: typeof WIDE = { ...WIDE, colorScheme: 'dark' };
const NARROW: typeof WIDE = { viewport: { width: 390, height: 844 }, locale: 'ko-KR', colorScheme: 'dark' };

const folder = mkdtempSync(join(tmpdir(), 'settle-pictures-'));
const url = `sqlite:${join(folder, 'platform.db')}`;
const program = findProgram(...BROWSERS);
if (program === undefined) throw new Error('there is no chromium here');
mkdirSync(TARGET, { recursive: true });
await runSettle(['migrate'], { url });
const { date, bookedDate, openDate, runs } = await fillPlatform(url, { rows: ROWS_A_DATE, to: '2026-11-19' });
const seed = ['seed', '--date', BIG_DATE, '--rows', String(MANY_ROWS), '--seed', '3', '--videos', '5000'];
await runSettle([...seed, '--viewers', '200000', '--creators', '200'], { url, timeoutMs: 600_000 });
const service = await startService(url);
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
try {
  const api = async (path: string) => JSON.parse(await (await fetch(`${service.url}/api/v1${path}`)).text());
  const video = (await api(`/statistics?date=${date}&top=1`)).rows[0].video_id;
  const challenge = (await api(`/dates/${date}/money`)).pots.first[0].challengeId;
  const big = spawn(process.execPath, [SETTLE, 'run', 'daily', '--date', BIG_DATE, '--partitions', '8'], {
    env: { ...process.env, SETTLE_DATABASE_URL: url, SETTLE_LOG: 'silent' },
  });
  const bigId = await until(async () => {
    const [newest] = (await api('/runs?limit=1')).rows;
    return newest.job === 'daily' && newest.date === BIG_DATE && newest.rows > MANY_ROWS * 0.4 ? newest.id : undefined;
  });
  big.kill('SIGSTOP');
  await picture('running', `runs/${bigId}`, WIDE);
  big.kill('SIGCONT');
  await until(async () => ((await api(`/runs/${bigId}`)).status === 'COMPLETED' ? true : undefined));
  const views: [string, string, typeof WIDE][] = [
    ['overview', '', WIDE],
    ['overview-narrow', '', NARROW],
    ['run', `runs/${bigId}`, WIDE],
    ['run-dark', `runs/${bigId}`, DARK],
    ['run-narrow', `runs/${bigId}`, NARROW],
    ['failed', `runs/${runs.failed}`, WIDE],
    ['killed', `runs/${runs.killed}`, WIDE],
    ['set-aside', `runs/${runs.skipped}`, WIDE],
    ['runs', 'runs', WIDE],
    ['date', `dates/${bookedDate}`, WIDE],
    ['date-dark', `dates/${bookedDate}`, DARK],
    ['date-narrow', `dates/${date}`, NARROW],
    ['open-date', `dates/${openDate}`, WIDE],
    ['explanation', `dates/${date}/videos/${video}`, WIDE],
    ['challenge', `challenges/${challenge}`, WIDE],
    ['money', 'money', WIDE],
    ['deliveries', 'outbox', WIDE],
    ['actions', 'audit', WIDE],
  ];
  for (const [name, place, options] of views) await picture(name, place, options);
} finally {
  await browser.close();
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}
for (const name of readdirSync(TARGET)) {
  const { size } = statSync(join(TARGET, name));
  if (size > BYTES_MAX) throw new Error(`${name} has ${size} bytes`);
}

async function picture(name: string, place: string, options: typeof WIDE): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(service.url);
  await page.evaluate(`sessionStorage.setItem('settle.token', ${JSON.stringify(TOKEN)})`);
  await page.goto(`${service.url}/#/${place}`);
  await page.reload();
  await page.locator('main h1').first().waitFor();
  await until(async () => ((await page.locator('[aria-busy]').count()) === 0 ? true : undefined));
  // The zone and the newest runs come after the first drawing.
  await sleep(1_500);
  const height: number = await page.evaluate('document.documentElement.scrollHeight');
  const { width } = options.viewport;
  await page.setViewportSize({ width, height: Math.min(height, HEIGHT_MAX) });
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
  await context.close();
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
}
