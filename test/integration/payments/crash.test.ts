/** Reconciliations through real kills, and of two processes at once. Other writers: test/integration/rivals/payments.test.ts. */
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type KillPoint, runKilled, runThroughKills } from '../../support/kill-run.ts';
import { runSettle } from '../../support/run-settle.ts';
import { isThorough } from '../../support/thorough.ts';
import { type Bench, openBench, settle } from '../daily/support.ts';
import { dates, expectAsOracle, load, randomPayments, reconcile, ZONE } from './support.ts';

const argsOf = (date: string) => [
  ...['run', 'payment-reconciliation', '--date', date, '--workers', '2', '--partitions', '2', '--chunk', '6'],
];

describe.each(sampledDatabases(import.meta.url))('payments on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  test('killed again and again on its way', { timeout: 300_000 }, async () => {
    const data = randomPayments(21, 60);
    bench = await openBench(name);
    await reconcile(bench.database, dates[0]);
    await load(bench.database, data);
    await bench.database.close();
    const all = [2, 4, 5, 7].flatMap((at): KillPoint[] => [
      { mode: at % 2 === 0 ? 'before-commit' : 'after-commit', at },
      { mode: 'before-statement', at: 20 * at },
    ]);
    // Of the sample each is another kind: before a commit, between statements, behind a commit.
    const points = isThorough ? all : [all[0], all[1], all[4]];
    const kills = await runThroughKills(argsOf(dates[2]), bench.test.url, points, points.length + 1);
    expect(kills).toBeGreaterThan(1);
    const reopened = await openDatabase(bench.test.url);
    try {
      await expectAsOracle(reopened, data, dates[2]);
    } finally {
      await reopened.close();
    }
  });

  test('killed, then another job of its date with other rows, then continued: it ends balanced', async () => {
    const data = randomPayments(27, 40);
    bench = await openBench(name);
    await reconcile(bench.database, dates[0]);
    await load(bench.database, data);
    const { url } = bench.test;
    // With some of what was read kept.
    const point: KillPoint = { mode: 'before-statement', at: 3, match: 'into .?settle_payment_read' };
    expect((await runKilled(argsOf(dates[2]), url, point)).killed).toBe(true);
    const orders = data.orders.map((one) => ({ ...one, amount: one.amount + 700 }));
    await bench.database.knex('payment_order').increment('amount', 700);
    await settle(bench.database, dates[2], ZONE);
    expect(await runSettle(argsOf(dates[2]), { url })).toMatchObject({ code: 0 });
    await expectAsOracle(bench.database, { ...data, orders }, dates[2]);
  });

  test('two dates and the same date twice at once: everything once', { timeout: 120_000 }, async () => {
    const data = randomPayments(33, 60);
    bench = await openBench(name);
    await reconcile(bench.database, dates[0]);
    await load(bench.database, data);
    const { url } = bench.test;
    const ends = await Promise.all([dates[1], dates[2], dates[2]].map((date) => runSettle(argsOf(date), { url })));
    expect(ends.map(({ code }) => code).filter((code) => code !== 0 && code !== 11)).toEqual([]);
    await expectAsOracle(bench.database, data, dates[2]);
  });
});
