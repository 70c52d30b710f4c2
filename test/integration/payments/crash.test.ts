/** Reconciliations through real kills, of two processes at once, and with a rival at every statement. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { seoulDay } from '../../oracles/payments.ts';
import { type CrashBench, openCrashBench } from '../../support/crash-bench.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { type KillPoint, runThroughKills } from '../../support/kill-run.ts';
import { meetRivals } from '../../support/rivals.ts';
import { runSettle } from '../../support/run-settle.ts';
import { isThorough, spread } from '../../support/thorough.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { dates, expectAsOracle, load, randomPayments, reconcile } from './support.ts';

const argsOf = (date: string) => [
  ...['run', 'payment-reconciliation', '--date', date, '--workers', '2', '--partitions', '2', '--chunk', '6'],
];

describe.each(sampledDatabases(import.meta.url))('payments on $name', ({ name }) => {
  let bench: Bench | undefined;
  let own: TestDatabase | undefined;
  afterEach(async () => {
    await bench?.drop();
    await own?.drop();
    bench = own = undefined;
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

  test('a platform that cancels, approves and orders meanwhile: one of the two orders', {
    timeout: 300_000,
  }, async () => {
    own = await freshDatabase(name);
    const crashBench: CrashBench = await openCrashBench(own.url, null);
    const { startMs } = seoulDay(dates[1]);
    const data = {
      orders: [1, 2, 3].map((id) => ({ id, userId: id, amount: 100, status: 'PAID' as const, createdMs: startMs })),
      approvals: [1, 2].map((id) => ({
        id,
        orderId: id,
        amount: 100,
        status: 'APPROVED' as const,
        approvedMs: startMs + 1,
      })),
    };
    const rivals: ((database: Database) => Promise<void>)[] = [
      (database) =>
        database.transaction(
          async (tx) => void (await tx('payment_order').where({ id: 1 }).update({ status: 'CANCELLED' })),
        ),
      (database) =>
        database.transaction(async (tx) => {
          const at = '2026-11-20 00:00:00.000';
          await tx('payment_order').insert({ id: 9, user_id: 9, amount: 5, status: 'PAID', created_at: at });
          await tx('payment_approval').insert({ id: 9, order_id: 9, amount: 5, status: 'APPROVED', approved_at: at });
        }),
    ];
    // One of them for each database.
    for (const rival of isThorough ? rivals : [rivals[name === 'mysql' ? 1 : 0]]) {
      const result = await meetRivals(
        crashBench,
        {
          prepare: (database) => load(database, data),
          run: async (database) => void (await reconcile(database, dates[1], { partitions: 1 })),
          rival,
          picture: pictureOf,
        },
        (points) => spread(name, points, 23),
      );
      expect(result.failures).toEqual([]);
      expect(result.before).toBeGreaterThan(0);
      expect(result.after).toBeGreaterThan(0);
    }
  });
});

async function pictureOf({ knex }: Database): Promise<unknown> {
  const key = ['order_id', 'approval_id'];
  return {
    classes: await knex('settle_payment_class')
      .orderBy(key)
      .select(...key, 'class', 'ordered_amount', 'approved_amount'),
    points: await knex('settle_payment_posting')
      .orderBy(key)
      .select(...key, 'amount', 'state'),
    refunds: await knex('settle_payment_refund')
      .orderBy(key)
      .select(...key, 'state'),
    accounts: await knex('settle_account').orderBy(['account_type', 'owner_id']).where('balance', '<>', 0),
    outbox: await knex('settle_outbox').orderBy('key').pluck('key'),
  };
}
