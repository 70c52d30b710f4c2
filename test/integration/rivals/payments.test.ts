/**
 * Reconciliations with a rival at every statement: orders and approvals that come, go and change, points that are spent,
 * another night. Each order stands in one of the two serial orders, and what the next night makes of it is as the oracle.
 */
import { expect, test } from 'vitest';
import type { Database, Transaction } from '../../../src/database/database.ts';
import { paymentReconciliationJob } from '../../../src/jobs/payments/definition.ts';
import openReconciliation from '../../../src/jobs/payments/reconcile-worker.ts';
import { INSUFFICIENT_POINTS } from '../../../src/ledger/rules/journal.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type OracleApproval, type OracleOrder, type OraclePayments, oracleCsv } from '../../oracles/payments.ts';
import { describeRivals, rivalTimeout } from '../../support/describe-rivals.ts';
import { inOneRange } from '../../support/one-range.ts';
import { decisivePoints, isThorough } from '../../support/thorough.ts';
import { escrow, move, post, user } from '../ledger/support.ts';
import { csvOf, dates, expectMoney, ZONE } from '../payments/support.ts';

const [first, tonight, next] = dates;
const last = '2026-11-22';
const at = (date: string, minutes: number) => Date.parse(`${date}T00:00:00Z`) + minutes * 60_000;
const sqlTime = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

const order = (id: number, amount: number, createdMs: number, status: OracleOrder['status'] = 'PAID'): OracleOrder => {
  return { id, userId: id, amount, status, createdMs };
};
const approval = (id: number, orderId: number, amount: number, approvedMs: number): OracleApproval => {
  return { id, orderId, amount, status: 'APPROVED', approvedMs };
};

const before: OraclePayments = {
  orders: [order(1, 100, at(first, 1)), order(2, 200, at(first, 2)), order(3, 300, at(first, 3), 'CREATED')],
  approvals: [approval(1, 1, 100, at(first, 4)), approval(2, 2, 200, at(first, 5)), approval(9, 9, 900, at(first, 6))],
};
/** What comes for tonight, and an order that is not what it was the night before. */
const since: OraclePayments = {
  orders: [order(4, 400, at(tonight, 1)), order(5, 500, at(tonight, 2)), order(6, 600, at(tonight, 3))],
  approvals: [
    approval(3, 4, 400, at(tonight, 4)),
    ...[approval(4, 5, 500, at(tonight, 5)), approval(5, 5, 500, at(tonight, 6))],
    approval(7, 8, 800, at(tonight, 7)),
  ],
};

const orderRow = ({ id, userId, amount, status, createdMs }: OracleOrder) => {
  return { id, user_id: userId, amount, status, created_at: sqlTime(createdMs) };
};
const approvalRow = ({ id, orderId, amount, status, approvedMs }: OracleApproval) => {
  return { id, order_id: orderId, amount, status, approved_at: sqlTime(approvedMs) };
};

async function insert({ knex }: Database, { orders, approvals }: OraclePayments): Promise<void> {
  await knex('payment_order').insert(orders.map(orderRow));
  await knex('payment_approval').insert(approvals.map(approvalRow));
}

/** As the tables have them. */
async function storedPayments({ knex }: Database): Promise<OraclePayments> {
  const ms = (text: unknown) => Date.parse(`${String(text).replace(' ', 'T')}Z`);
  return {
    orders: (await knex('payment_order').select('*')).map((row) => ({
      ...{ id: Number(row.id), userId: Number(row.user_id), amount: Number(row.amount), status: row.status },
      createdMs: ms(row.created_at),
    })),
    approvals: (await knex('payment_approval').select('*')).map((row) => ({
      ...{ id: Number(row.id), orderId: Number(row.order_id), amount: Number(row.amount), status: row.status },
      approvedMs: ms(row.approved_at),
    })),
  };
}

/** In the sample all are one chunk, so that its points are those of the rival's order. */
const chunkOrders = isThorough ? 3 : 50;
/** The second reading of a chunk, the lock between its readings, and what the step after it looks at. */
const decisive = /from `payment_approval` where `order_id` >=|into `settle_lock`|from `settle_payment_read`/;
const night = inOneRange(paymentReconciliationJob, openReconciliation, chunkOrders);
const reconcile = (database: Database, date: string) => night(database, { date, zone: ZONE });
/** As the steps of `daily` are: the same date by an instance of another job. */
const dailyNight = inOneRange({ ...paymentReconciliationJob, name: 'another-job' }, openReconciliation, chunkOrders);

async function prepare(database: Database): Promise<void> {
  await insert(database, before);
  await reconcile(database, first);
  await insert(database, since);
  await database.knex('payment_order').where({ id: 1 }).update({ amount: 150 });
}

interface Rival {
  readonly name: string;
  readonly write: (tx: Transaction, database: Database) => Promise<unknown>;
  /** A reconciliation after it, which decides of some of the chunks: only money is then in one order or the other. */
  readonly run?: (database: Database) => Promise<void>;
  readonly isEverywhere?: true;
  /** The oracle knows nothing of points that are spent. */
  readonly isOutsideOracle?: true;
}

const nothing = async () => undefined;

const rivals: readonly Rival[] = [
  {
    name: 'another amount of a new order',
    write: (tx) => tx('payment_order').where({ id: 4 }).update({ amount: 450 }),
  },
  {
    name: 'another amount of an order whose points are posted',
    write: (tx) => tx('payment_order').where({ id: 2 }).update({ amount: 250 }),
  },
  {
    name: 'an amount that is set right again',
    write: (tx) => tx('payment_order').where({ id: 1 }).update({ amount: 100 }),
  },
  {
    name: 'an order that is cancelled',
    write: (tx) => tx('payment_order').where({ id: 5 }).update({ status: 'CANCELLED' }),
  },
  {
    name: 'an approval of an order that waits for one',
    write: (tx) => tx('payment_approval').insert(approvalRow(approval(20, 3, 300, at(tonight, 8)))),
  },
  {
    name: 'a second approval that is earlier than the first',
    write: (tx) => tx('payment_approval').insert(approvalRow(approval(21, 4, 400, at(tonight, 2)))),
  },
  {
    name: 'the approval that counts, withdrawn by the provider',
    write: (tx) => tx('payment_approval').where({ id: 4 }).update({ status: 'CANCELLED' }),
  },
  { name: 'an approval that is removed', write: (tx) => tx('payment_approval').where({ id: 2 }).delete() },
  {
    name: 'the order of an approval that had none',
    write: (tx) => tx('payment_order').insert(orderRow(order(8, 800, at(tonight, 6)))),
  },
  {
    name: 'an order with its approval, at once',
    write: async (tx) => {
      await tx('payment_order').insert(orderRow(order(7, 70, at(tonight, 9))));
      await tx('payment_approval').insert(approvalRow(approval(22, 7, 70, at(tonight, 9))));
    },
  },
  {
    name: 'another user of an order whose points are posted',
    write: (tx) => tx('payment_order').where({ id: 2 }).update({ user_id: 77 }),
  },
  {
    name: 'points of a payment that are spent before they are taken back',
    write: (_, database) => post(database, [move('spent', user(1), escrow(1), 60)]),
    isOutsideOracle: true,
  },
  { name: 'the next night', write: nothing, run: (database) => reconcile(database, next) },
  {
    name: 'the same date by another job, of an order that is not what it was',
    isEverywhere: true,
    write: (tx) => tx('payment_order').where({ id: 4 }).update({ amount: 450 }),
    run: (database) => dailyNight(database, { date: tonight, zone: ZONE }),
  },
];

async function writeOrLeave(database: Database, { write, run }: Rival): Promise<void> {
  try {
    await database.transaction(async (tx) => void (await write(tx, database)));
  } catch (error) {
    // The points are gone.
    if ((error as { code?: unknown }).code !== INSUFFICIENT_POINTS) throw error;
  }
  await run?.(database);
}

const sums = ['orders', 'approvals', 'ordered_amount', 'approved_amount'];

async function tables(database: Database) {
  const { knex } = database;
  const key = ['order_id', 'approval_id'];
  const { violation = 'none' } = await verifyLedger(database);
  return {
    classes: await knex('settle_payment_class')
      .orderBy([...key, 'seq'])
      .select(...key, 'seq', 'business_date', 'as_of_date', 'class', ...sums, 'counted_approval_id'),
    postings: await knex('settle_payment_posting')
      .orderBy([...key, 'seq'])
      .select(...key, 'seq', 'user_id', 'amount', 'state', 'business_date', 'journal_key', 'problem'),
    refunds: await knex('settle_payment_refund')
      .orderBy(key)
      .select(...key, 'amount', 'state', 'reason', 'times', 'business_date'),
    told: await knex('settle_outbox').orderBy(['key', 'id']).select('topic', 'key', 'payload'),
    totals: await knex('settle_payment_run').orderBy('business_date').select('business_date', 'totals', 'changed'),
    accounts: await knex('settle_account').orderBy(['account_type', 'owner_id']).where('balance', '<>', 0),
    lots: await knex('settle_lot').where('remaining', '>', 0).orderBy('user_id').select('user_id', 'remaining'),
    violation,
  };
}

/** Which jobs have run, and for how many dates. */
async function runsOf({ knex }: Database): Promise<unknown> {
  return await knex('BATCH_JOB_INSTANCE')
    .groupBy('JOB_NAME')
    .orderBy('JOB_NAME')
    .select('JOB_NAME')
    .count({ runs: '*' });
}

describeRivals('payments and their rivals', import.meta.url, ({ name, some, expectSerial }) => {
  test.each(some(rivals))('$name', rivalTimeout, async (rival) => {
    await expectSerial(
      rival.name,
      {
        prepare,
        run: (database) => reconcile(database, tonight),
        rival: (database) => writeOrLeave(database, rival),
        picture: async (database) => {
          const { accounts, lots, ...rest } = await tables(database);
          const money = { accounts, lots, runs: await runsOf(database) };
          const afterRun = rival.run ? money : { ...money, ...rest };
          await reconcile(database, last);
          if (rival.isOutsideOracle) return { afterRun, afterLast: await tables(database) };
          const stored = await storedPayments(database);
          await expectMoney(database, stored);
          expect(await csvOf(database, next, last)).toBe(oracleCsv(stored, next));
          return { afterRun };
        },
        checkSerial: async (database, serial) => {
          if (serial === 'after' || rival.run || rival.isOutsideOracle) return;
          const stored = await storedPayments(database);
          await expectMoney(database, stored);
          expect(await csvOf(database, tonight)).toBe(oracleCsv(stored, tonight));
        },
      },
      (points, sqls) => decisivePoints(name, points, sqls, decisive),
    );
  });
});
