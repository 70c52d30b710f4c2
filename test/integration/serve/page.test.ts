/**
 * The page in a real browser, over a database that real runs have filled: every view in both themes and languages, wide and
 * narrow, without an error or a barrier; every action; and the report without a service.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { type FilledPlatform, fillPlatform } from '../../support/fill-platform.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type RunningService, startService, TOKEN } from '../../support/serve.ts';
import { BROWSERS, findProgram } from '../../support/servers/find-program.ts';

const ROWS_A_DATE = 1_500;
/** Browsers get them as they are; they have no types. */
const textsOf = async (language: string): Promise<Record<string, string>> =>
  (await import(`../../../src/serve/page/texts/${language}.js`)).default;
const [en, ko] = [await textsOf('en'), await textsOf('ko')];
const program = findProgram(...BROWSERS);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PARTS = /^(runs\/\d+|dates\/\d{4}-\d{2}-\d{2}|outbox|audit)$/;
const WIDE = { viewport: { width: 1280, height: 900 }, locale: 'en-US', colorScheme: 'light' as const };
const NARROW = { viewport: { width: 390, height: 844 }, locale: 'ko-KR', colorScheme: 'dark' as const };

test('every language has the same texts, and each text is used', () => {
  expect(Object.keys(ko)).toEqual(Object.keys(en));
  const braces = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, text] of Object.entries(en)) expect(braces(ko[key]), key).toEqual(braces(text));
  const folder = new URL('../../../src/serve/page/', import.meta.url).pathname;
  const code = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.js') && !name.startsWith('texts/'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const unused = Object.keys(en).filter((key) => !/^(state|sure) /.test(key) && !code.includes(`'${key}'`));
  expect(unused).toEqual([]);
});

describe.skipIf(program === undefined)('the page', () => {
  let database: TestDatabase;
  let service: RunningService;
  let browser: Browser;
  let filled: FilledPlatform;
  const folder = mkdtempSync(join(tmpdir(), 'settle-page-'));
  const problems: string[] = [];

  beforeAll(async () => {
    database = await freshPlatform('sqlite');
    filled = await fillPlatform(database.url, { rows: ROWS_A_DATE, to: '2026-11-15' });
    service = await startService(database.url);
    browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const api = async (path: string) => JSON.parse(await (await fetch(`${service.url}/api/v1${path}`)).text());

  async function open(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    return page;
  }

  async function expectNoBarrier(page: Page, place: string): Promise<void> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      "window.axe.run({ resultTypes: ['violations'] })",
    );
    expect(violations.map(({ id, nodes }) => `${place}: ${id} ${nodes[0].html}`)).toEqual([]);
    await expectFits(page, place);
  }

  async function expectFits(page: Page, place: string): Promise<void> {
    const scrolls = await page.evaluate('document.documentElement.scrollWidth > innerWidth + 1');
    expect(scrolls, `${place} scrolls sideways`).toBe(false);
  }

  test.each([
    ['wide, light, English', WIDE, en],
    ['narrow, dark, Korean', NARROW, ko],
  ])('%s: every view', { timeout: 300_000 }, async (_name, options, texts) => {
    const page = await open(options);
    const { date, bookedDate, closedDate, openDate, runs } = filled;
    const video = (await api(`/settlements?date=${date}&limit=1`)).rows[0].video_id;
    const challenge = (await api(`/dates/${date}/money`)).pots.first[0].challengeId;
    const member = (await api(`/challenges/${challenge}`)).members[0].userId;
    // Place, and what its main part says.
    const views: [string, string[]][] = [
      ['', [texts.datesAndJobs, openDate]],
      ['runs', [texts.filter, 'import-members']],
      [`runs/${runs.settled}`, [texts.verdicts, texts.workers, texts.prediction, 'daily-statistics']],
      [`runs/${runs.failed}`, ['FAILED', 'settle restart', 'skip']],
      [`runs/${runs.killed}`, ['settle recover']],
      [`runs/${runs.skipped}`, ['777000', `settle replay ${runs.skipped}`]],
      [`dates/${bookedDate}`, [texts.tiers, texts.creators, texts.booked, texts.challenges, texts.ledger]],
      [`dates/${closedDate}`, [texts['state closed'], texts.corrections]],
      [`dates/${openDate}`, [`${texts.id} ${runs.killed}`]],
      [`dates/${date}/videos/${video}`, [texts.counts, texts.tiers, 'SELECT']],
      ['money', [texts.balances]],
      [`users/${member}`, [texts.entry, 'stake']],
      [`challenges/${challenge}`, [texts.journals, texts.percentDone]],
      [`challenges/${challenge}/users/${member}`, ['"verdict"']],
      ['outbox', [texts.deadLetters, 'no such subscriber', 'settle outbox replay']],
      ['audit', [texts.token]],
      ['nowhere', [texts.notFound]],
    ];
    for (const [place, said] of views) {
      await page.goto(`${service.url}/#/${place}`);
      await page.locator('main h1').first().waitFor();
      for (const text of said) await page.locator('main', { hasText: text }).waitFor({ timeout: 30_000 });
      await expect.poll(() => page.locator('[aria-busy]').count(), { timeout: 30_000 }).toBe(0);
      // In the second theme the views that have all the parts: axe takes seconds a view.
      if (options === WIDE || PARTS.test(place)) await expectNoBarrier(page, place);
      else await expectFits(page, place);
    }
    expect(problems).toEqual([]);
  });

  test('the figures are those of the command line, and each leads to what explains it', async () => {
    const page = await open(WIDE);
    const { bookedDate: date } = filled;
    const line = JSON.parse(
      (await runSettle(['dates', '--from', date, '--to', date, '--json'], { url: database.url })).stdout,
    )[0];
    const money = await api(`/dates/${date}/money`);
    const { pay, pots, ledger } = money;
    const paid = pay.viewAmount + pay.adAmount + pay.booked.total;
    expect(line.won).toBe(paid);
    expect(pay.credits.amount + pay.credits.suspense).toBe(paid);
    const exact = pay.tiers.reduce((sum: number, { won }: { won: string }) => sum + Number(won), 0);
    expect(exact - Number(pay.roundedDown)).toBeCloseTo(pay.viewAmount + pay.adAmount, 6);
    expect(pay.booked.rows).toBeGreaterThan(0);
    expect([pots.left, ledger.sum]).toEqual([0, 0]);
    expect(pots.pot).toBeGreaterThan(0);
    await page.goto(`${service.url}/#/dates/${date}`);
    const show = (value: number) => new Intl.NumberFormat('en-US').format(value);
    await page.locator('.steps-of-money', { hasText: show(paid) }).waitFor();
    await page.getByRole('group', { name: en.booked }).getByRole('link').first().click();
    await page.locator('h2', { hasText: en.corrections }).waitFor();
    await page.goto(`${service.url}/#/dates/${date}`);
    await page
      .getByRole('group', { name: en.figures })
      .getByRole('link', { name: show(line.counted) })
      .first()
      .click();
    await page.locator('h1', { hasText: `${en.id} ${line.execution}` }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a run of another tab is shown as it goes, and its partitions with their workers', async () => {
    const { attempts, steps } = await api(`/runs/${filled.runs.settled}/progress`);
    expect(attempts.length).toBeGreaterThan(0);
    for (const { worker, host, attempt } of attempts)
      expect([typeof worker, typeof host, attempt]).toEqual(['number', 'string', 1]);
    for (const { points } of steps) expect(points.length).toBeLessThanOrEqual(120);
    const killed = await api(`/runs/${filled.runs.killed}`);
    expect(killed.live.isAlive).toBe(false);
  });

  test('recover, restart, stop, run, rerun, close and replay, each by its button', { timeout: 300_000 }, async () => {
    const page = await open(WIDE);
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(`${service.url}/#/audit`);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: en.useToken }).click();
    await page.getByRole('button', { name: en.forget }).waitFor();
    const { date, openDate, runs } = filled;
    const press = async (place: string, button: string) => {
      await page.goto(`${service.url}/#/${place}`);
      await page.getByRole('button', { name: button, exact: true }).click();
    };
    const done = () =>
      page
        .locator('.banner.good, .banner.busy', { hasText: /done|under way/ })
        .first()
        .waitFor();
    const statusOf = async (id: number): Promise<string> => (await api(`/runs/${id}`)).status;
    const newest = async () => (await api('/runs?limit=1')).rows[0];
    const until = async (id: number, status: string) =>
      await expect.poll(() => statusOf(id), { timeout: 60_000 }).toBe(status);
    const next = async (after: number) => {
      await expect.poll(async () => (await newest()).id, { timeout: 60_000, interval: 50 }).toBeGreaterThan(after);
      return await newest();
    };

    await press(`runs/${runs.killed}`, en.recover);
    await until(runs.killed, 'FAILED');

    const last = (await newest()).id;
    await press(`runs/${runs.killed}`, en.restart);
    const going = (await next(last)).id;
    // Held still, so that it cannot end before it is stopped.
    const { pid } = (await api(`/runs/${going}`)).live;
    await holdStill(pid, database.url.slice('sqlite:'.length));
    try {
      await page.goto(`${service.url}/#/runs/${going}`);
      await page.locator('.tag.bad', { hasText: String(pid) }).waitFor();
      await page.getByRole('button', { name: en.stop, exact: true }).click();
      await until(going, 'STOPPING');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until(going, 'STOPPED');

    await press(`dates/${openDate}`, en.run);
    const finished = (await next(going)).id;
    await until(finished, 'COMPLETED');
    await page.locator('main .tag.good', { hasText: 'settled' }).first().waitFor();

    await press(`dates/${openDate}`, en.rerun);
    const again = (await next(finished)).id;
    await until(again, 'COMPLETED');
    expect((await api(`/dates?from=${openDate}&to=${openDate}`)).rows[0].revision).toBe(2);

    await press(`runs/${runs.skipped}`, en.replay);
    await done();

    await press(`dates/${date}`, en.close);
    await expect
      .poll(async () => (await api(`/dates?from=${date}&to=${date}`)).rows[0].state, { timeout: 60_000 })
      .toBe('closed');
    await page.locator('main .tag.good', { hasText: 'closed' }).first().waitFor();

    const asked: string[] = (await api('/audit')).rows.map(({ action }: { action: string }) => action);
    expect(asked.toReversed()).toEqual(['recover', 'restart', 'stop', 'run', 'rerun', 'replay', 'close']);
    await page.goto(`${service.url}/#/audit`);
    await page.locator('td', { hasText: `close --date ${date}` }).waitFor();
    expect(problems).toEqual([]);
  });

  test('the report opens without a service, runs no script, and has no barrier', { timeout: 200_000 }, async () => {
    const file = join(folder, 'night.html');
    const { bookedDate: date } = filled;
    const outcome = await runSettle(['report', '--date', date, '--html', file, '--language', 'ko'], {
      url: database.url,
    });
    expect(outcome.code, outcome.stderr).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/<script|\sstyle=|\son\w+=|https?:\/\/(?!127\.0\.0\.1)/);
    const page = await (await browser.newContext({ ...NARROW, bypassCSP: false })).newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(`file://${file}`);
    const texts = ko;
    for (const part of [texts.tiers, texts.verdicts, texts.creators, texts.challenges, texts.steps])
      await page.locator('h2', { hasText: part }).first().waitFor();
    await page.locator(`a[href^="#/dates/${date}/videos/"]`).first().click();
    await page.locator('section:target h1', { hasText: date }).waitFor();
    // Every link leads somewhere in the file.
    const dangling = await page.evaluate<string[]>(
      '[...document.querySelectorAll("a")].map((a) => a.getAttribute("href")).filter((to) => !document.getElementById(to.slice(1)))',
    );
    expect([dangling, said]).toEqual([[], []]);
    await expectNoBarrier(page, 'report');
    expect(readdirSync(folder)).toEqual(['night.html']);
    const none = await runSettle(['report', '--date', '2020-01-01', '--html', file], { url: database.url });
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/^settle: there is nothing to report[^\n]+\n$/),
    ]);
  });
});

/** Stops the process where it has no transaction open: one would keep the service from writing as long as it is held. */
async function holdStill(pid: number, file: string): Promise<void> {
  for (;;) {
    process.kill(pid, 'SIGSTOP');
    const other = new Sqlite(file, { timeout: 0 });
    try {
      other.exec('BEGIN IMMEDIATE; ROLLBACK');
      return;
    } catch {
      process.kill(pid, 'SIGCONT');
      await sleep(20);
    } finally {
      other.close();
    }
  }
}
