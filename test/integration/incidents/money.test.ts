/** Incidents about money, played as an operator would: a wrong card, also of a closed date; late rows; what a rerun changed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { restoreRelease } from '../../support/released.ts';
import { runSettle } from '../../support/run-settle.ts';

const places = sampledDatabases(import.meta.url).filter(({ name }) => name !== 'mysql');

/** 2026-11-18 is closed and has an adjustment, 2026-11-19 is settled and open. */
describe.each(places)('money on $name', ({ name }) => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-money-'));
  const file = (text: string) => {
    const path = join(folder, 'input');
    writeFileSync(path, text);
    return path;
  };
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url, env: { SETTLE_LOG: 'warn' } });
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
  const wonOf = async (date: string) => (await json('settlement', '--date', date)).total;

  beforeAll(async () => {
    database = await freshDatabase(name);
    await restoreRelease(database, '0.1.0');
    expect((await run('migrate')).code).toBe(0);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  test('a wrong card of a closed date: prices old and new, a question, one command, the difference in the open date', async () => {
    const card = {
      name: 'corrected',
      effectiveFrom: '2026-11-01',
      view: [
        { from: 0, price: '2' },
        { from: 20, price: '1.1' },
        { from: 60, price: '1.3' },
      ],
      adView: [
        { from: 0, price: '10' },
        { from: 15, price: '13' },
      ],
    };
    const path = file(JSON.stringify(card));
    const refused = await run('import', 'rates', path);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('2026-11-18 is closed and keeps its prices');
    expect(refused.stderr).toContain('add --correct-closed');
    const [closedBefore, openBefore] = [await wonOf('2026-11-18'), await wonOf('2026-11-19')];
    const asked = await run('import', 'rates', path, '--correct-closed');
    expect(asked.code).toBe(2);
    expect(asked.stdout).toBe(
      'standard -> corrected, effective from 2026-11-01\n  a view, from unit 0: 1 -> 2\n  an ad view, from unit 15: 12 -> 13\n',
    );
    expect(asked.stderr).toContain(
      `2 settled dates from 2026-11-18 to 2026-11-19 are priced by this card, 1 of them closed; ${(closedBefore + openBefore).toLocaleString('en-US')} won are settled in them; nothing was imported. Add --yes to import it.`,
    );
    expect((await json('rates')).map(({ name }: { name: string }) => name)).toEqual(['standard', 'standard']);

    const imported = await run('import', 'rates', path, '--correct-closed', '--yes');
    expect(imported.code).toBe(0);
    expect(imported.stderr).toContain('`settle reprice --from 2026-11-18`');
    const repriced = await run('reprice', '--from', '2026-11-18');
    expect(repriced.code).toBe(0);
    const booked = /closed 2026-11-18: \+([\d,]+) won in 59 videos booked in 2026-11-19/.exec(repriced.stdout);
    const revised = /2026-11-19: ([\d,]+) -> ([\d,]+) won \(\+([\d,]+)\) in 56 videos/.exec(repriced.stdout);
    const number = (text: string | undefined) => Number(text?.replaceAll(',', ''));
    expect(await wonOf('2026-11-18')).toBe(closedBefore);
    expect(await wonOf('2026-11-19')).toBe(openBefore + number(booked?.[1]) + number(revised?.[3]));
    expect((await run('ledger', 'verify')).code).toBe(0);
    const again = await run('reprice', '--from', '2026-11-01');
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('every settled date has the prices of its card; nothing was done');
  });

  test('late rows of a closed date: rows and won before and after, and where they are booked', async () => {
    const rows = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views\n9000011,3,397,2026-11-18T05:00:00Z,12,0\n';
    expect((await run('import', 'views', file(rows))).code).toBe(0);
    const outdated = await run('--date', '2026-11-18');
    expect(outdated).toMatchObject({ code: 4 });
    expect(outdated.stderr).toContain('1 row of this date arrived since execution');
    const rerun = await run('run', 'daily', '--date', '2026-11-18', '--rerun');
    expect(rerun.code).toBe(3);
    expect(rerun.stdout).toMatch(/^ +verdict +rows +before$/m);
    expect(rerun.stdout).toMatch(/^ +counted +851 +850$/m);
    expect(rerun.stdout).toMatch(/closed 2026-11-18: \+\d+ won in 1 video booked in 2026-11-19/);
    expect((await run('show', '--last')).stdout).toMatch(/^changed$/m);
  });
});
