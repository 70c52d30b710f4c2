/** The page in a real browser: every view, both themes and languages, wide and narrow, without an error or a barrier. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type RunningService, startService, TOKEN } from '../../support/serve.ts';
import { BROWSERS, findProgram } from '../../support/servers/find-program.ts';

const DATE = '2026-11-20';
/** Browsers get them as they are; they have no types. */
const textsOf = async (language: string): Promise<Record<string, string>> =>
  (await import(`../../../src/serve/page/texts/${language}.js`)).default;
const [en, ko] = [await textsOf('en'), await textsOf('ko')];
const program = findProgram(...BROWSERS);

test('every language has the same texts', () => {
  expect(Object.keys(ko)).toEqual(Object.keys(en));
  const braces = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, text] of Object.entries(en)) expect(braces(ko[key]), key).toEqual(braces(text));
});

describe.skipIf(program === undefined)('the page', () => {
  let database: TestDatabase;
  let service: RunningService;
  let browser: Browser;
  const problems: string[] = [];

  beforeAll(async () => {
    database = await freshPlatform('sqlite');
    for (const args of [
      ['seed', '--date', DATE, '--rows', '3000', '--videos', '200', '--viewers', '500', '--creators', '10'],
      ['seed', '--date', DATE, '--challenges', '3', '--members', '4'],
      ['--date', DATE],
    ]) {
      await runSettle(args, { url: database.url });
    }
    // A run that failed.
    await runSettle(['run', 'daily', '--date', DATE, '--rerun', '-p', 'skip-limit=0'], { url: database.url });
    service = await startService(database.url);
    browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await database?.drop();
  });

  async function open(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    return page;
  }

  test.each([
    [
      'wide, light, English',
      { viewport: { width: 1280, height: 900 }, locale: 'en-US', colorScheme: 'light' as const },
    ],
    ['narrow, dark, Korean', { viewport: { width: 390, height: 800 }, locale: 'ko-KR', colorScheme: 'dark' as const }],
  ])('%s: every view', async (_name, options) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const page = await open(options);
    const texts = options.locale === 'ko-KR' ? ko : en;
    const video = JSON.parse(await (await fetch(`${service.url}/api/v1/settlements?date=${DATE}&limit=1`)).text())
      .rows[0].video_id;
    const views: [string, string][] = [
      ['', texts.overview],
      ['runs', texts.runs],
      ['runs/3', '3'],
      ['runs/4', '4'],
      [`dates/${DATE}`, DATE],
      [`dates/${DATE}/videos/${video}`, String(video)],
      ['money', texts.money],
      ['users/1', '1'],
      ['challenges/1', '1'],
      ['audit', texts.audit],
      ['nowhere', texts.notFound],
    ];
    for (const [path, heading] of views) {
      await page.goto(`${service.url}/#/${path}`);
      await page.locator('h1', { hasText: heading }).waitFor();
      await expect.poll(() => page.locator('[aria-busy]').count(), { timeout: 30_000 }).toBe(0);
      await page.evaluate(axe);
      const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
        'window.axe.run()',
      );
      expect(violations.map(({ id, nodes }) => `${path}: ${id} ${nodes[0].html}`)).toEqual([]);
      expect(
        await page.evaluate('document.documentElement.scrollWidth > innerWidth + 1'),
        `${path} scrolls sideways`,
      ).toBe(false);
    }
    expect(problems).toEqual([]);
  });

  test('a token brings the actions, and closing a date is asked about, done and shown', async () => {
    const page = await open({ viewport: { width: 1280, height: 900 }, locale: 'en-US' });
    await page.goto(`${service.url}/#/audit`);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: en.useToken }).click();
    await page.goto(`${service.url}/#/dates/${DATE}`);
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: en.close }).click();
    await page
      .locator('.banner.good, .banner.bad, .banner.busy', { hasText: /done|refused|under way/ })
      .first()
      .waitFor();
    const audit = () =>
      fetch(`${service.url}/api/v1/audit`).then(async (answer) => JSON.parse(await answer.text()).rows);
    await expect.poll(async () => (await audit())[0]?.action, { timeout: 30_000 }).toBe('close');
    expect(problems).toEqual([]);
  });
});
