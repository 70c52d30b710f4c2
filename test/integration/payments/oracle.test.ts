/** Reconciliations beside plain loops over the same rows, however the rows arrive and whenever the runs come. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { Step } from '../../../src/engine/step.ts';
import type { StepContext } from '../../../src/engine/step-context.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { balancePayments, requireBalanced } from '../../../src/jobs/payments/balance-payments.ts';
import { beginPayments } from '../../../src/jobs/payments/begin.ts';
import { paymentReconciliationJob, paymentSteps } from '../../../src/jobs/payments/definition.ts';
import { explainPayment } from '../../../src/jobs/payments/explain-payment.ts';
import { readPayments } from '../../../src/jobs/payments/read-payments.ts';
import { amountMax } from '../../../src/jobs/payments/rules/payment.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { randomOf } from '../../oracles/logs.ts';
import { oracleCsv, seoulDay } from '../../oracles/payments.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { escrow, grant, move, post, user } from '../ledger/support.ts';
import {
  approvalsCsv,
  csvOf,
  dates,
  expectAsOracle,
  expectMoney,
  importText,
  load,
  ordersCsv,
  randomPayments,
  reconcile,
  ZONE,
} from './support.ts';

describe.each(sampledDatabases(import.meta.url))('payments on $name', ({ name }) => {
  const open: { readonly own: TestDatabase; readonly database: Database }[] = [];
  const fresh = async (): Promise<Database> => {
    const own = await freshPlatform(name);
    const database = await openDatabase(own.url);
    open.push({ own, database });
    return database;
  };
  afterAll(async () => {
    for (const { own, database } of open) {
      await database.close();
      await own.drop();
    }
  });
  /** A run of the second date that ends before, or after, it has balanced. */
  const reconcileUntil = async (database: Database, moment: 'before' | 'after') => {
    const ended: Step = {
      kind: 'tasklet',
      name: 'balance-payments',
      run: async (context) => {
        if (moment === 'after') await balancePayments(context);
        throw new Error('ended');
      },
    };
    const job = { ...paymentReconciliationJob, steps: [paymentSteps[0], ended] };
    const result = await runJob(database, job, { date: dates[1], zone: ZONE });
    if (result.outcome === 'failed') throw result.error;
  };
  const hour = seoulDay(dates[1]).startMs + 3_600_000;
  const order = { id: 5, userId: 3, amount: 500, status: 'PAID', createdMs: hour } as const;
  const approval = { id: 9, orderId: 5, amount: 500, status: 'APPROVED', approvedMs: hour + 1 } as const;

  test('all rows at once, cut into many pieces: as the oracle; the nights before find what belongs to them', async () => {
    const database = await fresh();
    const data = randomPayments(3, 150);
    await load(database, data);
    await reconcile(database, dates[0], { chunkSize: 1000 });
    expect(await csvOf(database, dates[0])).toBe(oracleCsv(data, dates[0]));
    await reconcile(database, dates[2], { partitions: 3, chunkSize: 4 });
    await expectAsOracle(database, data, dates[2]);
    await reconcile(database, dates[1], { chunkSize: 1000 });
    await expectAsOracle(database, data, dates[1]);
    await reconcile(database, '2026-11-22');
    // What is the same is not written again.
    const before = await database.knex('settle_payment_class').count({ rows: '*' });
    await reconcile(database, '2026-11-23');
    expect(await database.knex('settle_payment_class').count({ rows: '*' })).toEqual(before);
  });

  test('rows in any order, twice, between the nights: the same money, and each order in its class', async () => {
    const database = await fresh();
    const data = randomPayments(8, 60);
    const random = randomOf(5);
    const late = {
      orders: data.orders.filter(() => random() < 0.5),
      approvals: data.approvals.filter(() => random() < 0.5),
    };
    // Before it moved on: as an earlier file had it.
    await importText(database, 'payment-orders', ordersCsv(late.orders.map((one) => ({ ...one, status: 'CREATED' }))));
    await importText(
      database,
      'payment-approvals',
      approvalsCsv(late.approvals.map((one) => ({ ...one, status: 'APPROVED' }))),
    );
    for (const date of dates) await reconcile(database, date, { chunkSize: 7 });
    await load(database, data);
    // A file of yesterday that comes after today's takes nothing back.
    const again = await importText(
      database,
      'payment-orders',
      `${ordersCsv(late.orders.map((one) => ({ ...one, status: 'CREATED' })))}`,
    );
    expect(again.outcome).toBe('already-complete');
    await reconcile(database, '2026-11-22', { partitions: 2 });
    await expectMoney(database, data);
    for (const date of dates) {
      const asOf = await csvOf(database, date, '2026-11-22');
      // By then what was pending has failed.
      const expected = oracleCsv(data, date).split('\n');
      const failed = expected.map((line) => line.replace(/^(pending|failed),.*/, '$1'));
      expect(asOf.split('\n').map((line) => line.replace(/^(pending|failed),.*/, '$1'))).toEqual(failed);
      expect(asOf).toContain('\npending,0,0,0,0\n');
    }
  });

  test('pending yesterday, matched today; cancelled later: points come once, and go back; the refund is asked for once', async () => {
    const database = await fresh();
    const late = seoulDay(dates[1]).endMs - 60_000;
    await importText(database, 'payment-orders', ordersCsv([{ ...order, createdMs: late }]));
    await reconcile(database, dates[1]);
    await importText(database, 'payment-approvals', approvalsCsv([{ ...approval, approvedMs: late + 90_000 }]));
    await reconcile(database, dates[2]);
    expect(await csvOf(database, dates[1])).toContain('pending,1,0,500,0');
    expect(await csvOf(database, dates[1], dates[2])).toContain('matched,1,1,500,500');
    await importText(database, 'payment-orders', ordersCsv([{ ...order, createdMs: late, status: 'CANCELLED' }]));
    await reconcile(database, '2026-11-22');
    await reconcile(database, '2026-11-23');
    const { history, points, refunds } = await explainPayment(database, 5n);
    expect(history.map((one) => [one.asOf, one.class])).toEqual([
      [dates[1], 'pending'],
      [dates[2], 'matched'],
      ['2026-11-22', 'cancelled'],
    ]);
    expect(points).toMatchObject([{ state: 'reversed', journalKey: 'payment:9', reversedOn: '2026-11-22' }]);
    expect(refunds).toMatchObject([{ approvalId: 9n, state: 'asked', reason: 'order-cancelled' }]);
    expect(await database.knex('settle_outbox').select('topic', 'key')).toEqual([
      { topic: 'payment-refund', key: 'payment-refund:9' },
    ]);
    expect(await database.knex('settle_journal').orderBy('id').pluck('journal_key')).toEqual([
      'payment:9',
      'reversal/payment:9',
    ]);
  });

  test('points that are spent cannot be taken back: kept with the reason, and tried again by the next night', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await reconcile(database, dates[1]);
    await post(database, [move('spent', user(3), escrow(1), 200)]);
    await importText(database, 'payment-orders', ordersCsv([{ ...order, status: 'CANCELLED' }]));
    await reconcile(database, dates[2]);
    const { refused } = await readPayments(database, dates[1], dates[1], 10);
    expect(refused).toMatchObject([{ orderId: 5n, wanted: 'reverse' }]);
    await post(database, [grant('earned', 3, 300)]);
    await reconcile(database, '2026-11-22');
    expect((await readPayments(database, dates[1], dates[1], 10)).refused).toEqual([]);
    expect(await database.knex('settle_account').where({ account_type: 'user' }).pluck('balance')).toEqual([100]);
  });

  test("a provider's file: money formats, encodings, lines that contradict; the same file again", async () => {
    const database = await fresh();
    const header = 'id,order_id,amount,status,approved_at,memo';
    const line = (id: number, amount: string, status = 'APPROVED') =>
      `${id},5,${amount},${status},2026-11-20T01:00:00Z,a`;
    const content = [
      header,
      line(1, '"1,234.00"'),
      line(2, '"1,234.50"'),
      line(3, '1.234'),
      line(4, '"12,34"'),
      line(5, '-5'),
      line(6, `${amountMax + 1n}`),
      line(7, '7', 'approved'),
      line(1, '1234'),
      line(1, '1235'),
      '',
    ];
    const cp949 = Buffer.from([
      ...Buffer.from(content.join('\r\n').replace(/memo/, '')),
      ...Buffer.from('8,5,9,APPROVED,2026-11-20T01:00:00Z,'),
      0xb0,
      0xa1,
      0x0d,
      0x0a,
    ]);
    await expect(importText(database, 'payment-approvals', cp949)).rejects.toThrow(/line 11 is not UTF-8/);
    const done = await importText(database, 'payment-approvals', cp949, { encoding: 'euc-kr' });
    expect(done.outcome).toBe('completed-with-skips');
    const amounts = async () => await database.knex('payment_approval').orderBy('id').pluck('amount');
    expect(await amounts()).toEqual([1234, 9]);
    expect(await database.knex('settle_skipped').count({ rows: '*' })).toEqual([{ rows: 7 }]);
    expect((await importText(database, 'payment-approvals', cp949, { encoding: 'euc-kr' })).outcome).toBe(
      'already-complete',
    );
    await importText(database, 'payment-approvals', [header, line(20, '123400'), line(21, '123450'), ''].join('\n'), {
      amountUnit: 'minor',
    });
    expect(await amounts()).toEqual([1234, 9, 1234]);
    await expect(importText(database, 'payment-approvals', `${header}\n${line(30, '5').slice(0, 8)}`)).rejects.toThrow(
      /line 2/,
    );
  });

  test("a provider's file with lines of other days, late, sent again with other line ends, cut off: each line on its own day", async () => {
    const database = await fresh();
    const at = (date: string, seconds: number) => seoulDay(date).startMs + 1_000 * seconds;
    const second = { ...order, id: 6, createdMs: at(dates[0], 86_399) };
    const orders = [order, second, { ...order, id: 8, createdMs: at(dates[2], 0) }];
    const approvals = [
      approval,
      // Of an order of the day before; of no order, and of either side of midnight; of the day after.
      { ...approval, id: 10, orderId: 6, approvedMs: at(dates[1], 1) },
      { ...approval, id: 11, orderId: 70, approvedMs: at(dates[0], 86_399) },
      { ...approval, id: 12, orderId: 71, approvedMs: at(dates[1], 0) },
      { ...approval, id: 13, orderId: 72, approvedMs: at(dates[2], 0) },
      { ...approval, id: 14, orderId: 8, approvedMs: at(dates[2], 5) },
    ];
    const data = { orders, approvals };
    await importText(database, 'payment-orders', ordersCsv(orders));
    await reconcile(database, dates[0]);
    const text = approvalsCsv(approvals);
    // In the middle of a line: nothing of it is taken.
    await expect(importText(database, 'payment-approvals', text.slice(0, -9))).rejects.toThrow(
      /the last line has no end/,
    );
    expect(await database.knex('payment_approval')).toEqual([]);
    for (const sent of [text, text.replaceAll('\n', '\r\n')]) await importText(database, 'payment-approvals', sent);
    expect(await database.knex('payment_approval').count({ rows: '*' })).toEqual([{ rows: approvals.length }]);
    for (const date of [dates[1], dates[2]]) await reconcile(database, date);
    // The file came after the first night, whose stray and whose order a later one finds.
    for (const date of dates) expect(await csvOf(database, date, dates[2]), date).toBe(oracleCsv(data, date));
    await expectMoney(database, data);
  });

  test('a daily run reconciles, and leaves nothing where there are no payments', async () => {
    const database = await fresh();
    const run = async (date: string) => {
      const result = await runJob(database, dailyJob, { date, zone: ZONE });
      if (result.outcome === 'failed') throw result.error;
    };
    await run(dates[0]);
    expect(await database.knex('settle_payment_class')).toEqual([]);
    // Of before the first night: paid, and credited, when settle was not there.
    const before = seoulDay(dates[0]).startMs - 1;
    const old = { ...order, id: 6, createdMs: before };
    const oldApproval = { ...approval, id: 10, orderId: 6, approvedMs: before };
    const stray = { ...approval, id: 11, orderId: 7, approvedMs: before };
    await load(database, { orders: [order, old], approvals: [approval, oldApproval, stray] });
    await run(dates[1]);
    await expectAsOracle(database, { orders: [order], approvals: [approval] }, dates[1]);
    // Its own date takes it in, and the nights after that look at it again.
    await reconcile(database, '2026-11-18');
    await expectMoney(database, { orders: [order, old], approvals: [approval, oldApproval, stray] });
    await importText(database, 'payment-orders', ordersCsv([{ ...old, status: 'CANCELLED' }]));
    await reconcile(database, '2026-11-22');
    expect(await csvOf(database, '2026-11-18', '2026-11-22')).toContain('cancelled,1,1,500,500');
  });

  test('a first night that fails midway is the beginning all the same: the next one takes in what it left', async () => {
    const database = await fresh();
    const first = { ...order, createdMs: seoulDay(dates[0]).startMs };
    const data = { orders: [first], approvals: [approval] };
    await load(database, data);
    await database.knex.schema.renameTable('settle_payment_refund', 'settle_payment_away');
    await expect(reconcile(database, dates[0])).rejects.toThrow();
    await database.knex.schema.renameTable('settle_payment_away', 'settle_payment_refund');
    await reconcile(database, dates[1]);
    await expectMoney(database, data);
    expect(await csvOf(database, dates[0], dates[1])).toContain('matched,1,1,500,500');
    await reconcile(database, dates[0]);
    await expectAsOracle(database, data, dates[0]);
  });

  test('another job of the date comes between a failure and the restart: both sides are read again, and balance', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await expect(reconcileUntil(database, 'before')).rejects.toThrow('ended');
    await database.knex('payment_order').where({ id: order.id }).update({ amount: 700 });
    const other = await runJob(database, dailyJob, { date: dates[1], zone: ZONE });
    expect(other.outcome).toBe('completed');
    const amended = { orders: [{ ...order, amount: 700 }], approvals: [approval] };
    await reconcile(database, dates[1]);
    await expectAsOracle(database, amended, dates[1]);
    expect(await database.knex('settle_payment_read')).toEqual([]);
  });

  test('balanced, and ended before it could say so: the restart finds it balanced', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await expect(reconcileUntil(database, 'after')).rejects.toThrow('ended');
    const totals = await database.knex('settle_payment_run').select('totals', 'changed');
    await reconcile(database, dates[1]);
    expect(await database.knex('settle_payment_run').select('totals', 'changed')).toEqual(totals);
    await expectAsOracle(database, { orders: [order], approvals: [approval] }, dates[1]);
  });

  test('a run that was paused and has lost its claim writes nothing', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    const share = async (context: StepContext) => {
      const shared = await beginPayments(context);
      await context.database.knex('settle_payment_claim').update({ job_execution_id: null });
      return shared;
    };
    const job = { ...paymentReconciliationJob, steps: [{ ...paymentSteps[0], share }] };
    const { error } = await runJob(database, job, { date: dates[1], zone: ZONE });
    expect(error).toMatchObject({ code: 'PAYMENTS_OVERTAKEN' });
    expect(await database.knex('settle_payment_class')).toEqual([]);
    await reconcile(database, dates[1]);
    await expectAsOracle(database, { orders: [order], approvals: [approval] }, dates[1]);
  });

  test('a date that did not balance is read again by its restart', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await expect(reconcileUntil(database, 'before')).rejects.toThrow('ended');
    // A chunk that was counted twice, as it were.
    await database.knex('settle_payment_read').update({ orders: 2 });
    await expect(reconcile(database, dates[1])).rejects.toMatchObject({ code: 'PAYMENTS_UNBALANCED', exitCode: 20 });
    await reconcile(database, dates[1]);
    await expectAsOracle(database, { orders: [order], approvals: [approval] }, dates[1]);
  });

  test('an order whose time is set right to a later date leaves the one that it was on, with its points where they are', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await reconcile(database, dates[1]);
    const moved = { ...order, createdMs: order.createdMs + 86_400_000 };
    await database.knex('payment_order').where({ id: order.id }).update({ created_at: '2026-11-20 16:00:00.000' });
    await runJob(database, dailyJob, { date: dates[1], zone: ZONE });
    expect(await csvOf(database, dates[1])).toContain('matched,0,0,0,0');
    await reconcile(database, dates[2]);
    await expectAsOracle(database, { orders: [moved], approvals: [approval] }, dates[2]);
    expect(await database.knex('settle_journal').whereNot({ kind: 'record' }).pluck('journal_key')).toEqual([
      'payment:9',
    ]);
  });

  test('a date that is run after the nights behind it changes nothing of what they found', async () => {
    const database = await fresh();
    await reconcile(database, dates[0]);
    const late = { ...order, createdMs: seoulDay(dates[1]).endMs - 60_000 };
    await load(database, { orders: [late], approvals: [] });
    await reconcile(database, '2026-11-23');
    await reconcile(database, dates[1]);
    expect(await csvOf(database, dates[1])).toContain('pending,1,0,500,0');
    expect(await csvOf(database, dates[1], '2026-11-23')).toContain('failed,1,0,500,0');
    // Nor do they find anything new.
    await reconcile(database, '2026-11-24');
    const { history } = await explainPayment(database, 5n);
    expect(history.map((one) => [one.asOf, one.class])).toEqual([
      [dates[1], 'pending'],
      ['2026-11-23', 'failed'],
    ]);
  });

  test('a class row that is lost breaks the balance: exit 20', async () => {
    const database = await fresh();
    await load(database, { orders: [order], approvals: [approval] });
    await reconcile(database, dates[1]);
    await database.knex('settle_payment_class').update({ approvals: 2 });
    const [jobInstanceId, read] = [1_000_000, { orders: 1, approvals: 1, ordered_amount: 500, approved_amount: 500 }];
    await database.knex('settle_payment_read').insert({ job_instance_id: jobInstanceId, partition_no: 0, ...read });
    await expect(requireBalanced(database.knex, jobInstanceId, dates[1])).rejects.toMatchObject({
      exitCode: 20,
      message: `payments of ${dates[1]}: 1 approvals read and 2 in classes`,
    });
  });
});
