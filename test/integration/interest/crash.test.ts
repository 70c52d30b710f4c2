/** Interest through kills, in two processes at once, and by the command line as a person types it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type KillPoint, runThroughKills } from '../../support/kill-run.ts';
import { runSettle } from '../../support/run-settle.ts';
import { isThorough, onServers } from '../../support/thorough.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { expectPosted, linesOf, load, oracleLines, randomDeposits } from './support.ts';

const argsOf = (date: string) => [
  ...['run', 'interest-accrual', '--date', date, '--workers', '2', '--partitions', '2', '--chunk', '4'],
];

describe.each(sampledDatabases(import.meta.url))('interest in processes on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  test('killed on its way again and again, the same won', async () => {
    const deposits = randomDeposits(24, 7);
    bench = await openBench(name);
    await load(bench.database, deposits);
    await bench.database.close();
    const { url } = bench.test;
    let kills = 0;
    for (const [night, date] of ['2024-01-31', '2024-02-29'].entries()) {
      const all: KillPoint[] = [
        { mode: 'before-commit', at: 7 + night },
        { mode: 'after-commit', at: 9 },
        { mode: 'before-statement', at: 60 + 25 * night },
        { mode: 'before-statement', at: 1, match: 'settle_interest_posting' },
        { mode: 'sent-statement', at: 1, match: 'completed_at' },
      ];
      if (isThorough) for (let at = 1; at < 30; at++) all.push({ mode: 'before-commit', at: (at % 10) + 1 });
      // Of the five the servers meet one in each night, SQLite two or three.
      const stride = onServers(name, 2, 5);
      const points = all.filter((_, at) => isThorough || at % stride === night % stride);
      kills += await runThroughKills(argsOf(date), url, points, points.length + 1);
    }
    expect(kills).toBeGreaterThan(onServers(name, 3, 1));
    const database = await openDatabase(url);
    try {
      for (const date of ['2024-01-31', '2024-02-29']) {
        expect(await linesOf(database, date)).toEqual(oracleLines(deposits, date));
      }
      await expectPosted(database, deposits, '2024-02-29');
    } finally {
      await database.close();
    }
  });

  test('two dates in two processes, and one date in two: nothing is posted twice', async () => {
    const deposits = randomDeposits(24, 8);
    bench = await openBench(name);
    await load(bench.database, deposits);
    const { url } = bench.test;
    const dates = ['2024-01-31', '2024-02-29', '2024-02-29'];
    const outcomes = await Promise.all(dates.map((date) => runSettle(argsOf(date), { url })));
    expect(outcomes.map(({ code }) => code).sort()).toEqual(expect.arrayContaining([0]));
    for (const { code, stderr } of outcomes) expect([0, 11], stderr).toContain(code);
    for (const date of dates) {
      expect(await linesOf(bench.database, date)).toEqual(oracleLines(deposits, date));
    }
    await expectPosted(bench.database, deposits, '2024-02-29');
  });
});

describe('the commands of interest', () => {
  test('print what the headers say, and refuse what is wrong in one line', async () => {
    const deposits = randomDeposits(8, 2);
    const bench = await openBench('sqlite');
    const folder = mkdtempSync(join(tmpdir(), 'settle-products-'));
    try {
      await load(bench.database, deposits);
      const { url } = bench.test;
      const run = async (...args: string[]) => await runSettle(args, { url });
      expect(await run('--date', '2024-02-29')).toMatchObject({ code: 0 });
      const csv = await run('interest', '--date', '2024-02-29', '--format', 'csv');
      const lines = oracleLines(deposits, '2024-02-29');
      expect(csv.stdout).toBe(['account_id,balance,accrued,capitalised', ...lines, ''].join('\n'));
      const json = JSON.parse((await run('interest', '--date', '2024-02-29', '--json')).stdout);
      expect(json.accounts).toHaveLength(lines.length);
      const never = await run('interest', '--date', '2024-02-28', '--format', 'csv');
      expect(never).toMatchObject({ code: 0, stdout: 'account_id,balance,accrued,capitalised\n' });
      expect(never.stderr).toMatch(/interest of 2024-02-28 has never been accrued/);
      const [id] = lines[0].split(',');
      const explained = await run('explain', 'interest', '--account', id, '--date', '2024-02-29');
      expect(explained.stdout).toMatch(/check +equal/);
      expect(explained.stdout).toContain(lines[0].split(',')[2]);
      const unknown = await run('explain', 'interest', '--account', '7', '--date', '2024-02-29');
      expect(unknown).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^settle: there is no deposit account 7\n/),
      });
      const file = join(folder, 'products.json');
      writeFileSync(file, JSON.stringify({ ...deposits.products[0], dayCount: '30/365' }));
      const wrong = await run('import', 'deposit-products', file);
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/dayCount must be one of ACT\/365F/) });
      writeFileSync(file, JSON.stringify(deposits.products));
      expect((await run('import', 'deposit-products', file)).stdout).toMatch(/saver, revision 1: already there/);
    } finally {
      rmSync(folder, { recursive: true });
      await bench.drop();
    }
  });
});
