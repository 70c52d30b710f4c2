/**
 * Coupons and stock with a rival at every statement: requests that come, go and change, other terms, movements that come late,
 * another night. What is decided is what one of the two orders gives: decisions are made on what is locked.
 */
import { test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import type { ChunkStep, PartitionContext, StepHandlers } from '../../../src/engine/step.ts';
import { AllocationPartition } from '../../../src/jobs/coupons/allocation/allocation-worker.ts';
import { couponAllocationJob } from '../../../src/jobs/coupons/allocation/definition.ts';
import { stockSettlementJob } from '../../../src/jobs/stock/settlement/definition.ts';
import { StockPartition } from '../../../src/jobs/stock/settlement/stock-worker.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import type { OracleRequest } from '../../oracles/coupon-allocation.ts';
import type { OracleMovement } from '../../oracles/stock.ts';
import { describeRivals, rivalTimeout } from '../../support/describe-rivals.ts';
import type { RivalCase } from '../../support/rivals.ts';
import { spread } from '../../support/thorough.ts';
import { type CouponData, DATE, DAY_START, expectAsOracle as expectCoupons, ZONE } from '../coupons/support.ts';
import { dayOf, expectAsOracle as expectStock, type StockData } from '../stock/support.ts';

const MINUTE = 60_000;
const at = (minutes: number) => DAY_START + minutes * MINUTE;
const sqlTime = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

/** The job with its partitioned step as one range in this process. */
function inProcess(
  job: JobDefinition,
  name: string,
  chunkSize: number,
  open: (context: PartitionContext) => StepHandlers,
): (database: Database, date: string) => Promise<void> {
  const step: ChunkStep = {
    kind: 'chunk',
    name,
    chunkSize,
    open: async (context) =>
      open({ ...context, partition: 0, minId: 1n, maxId: 9n, chunkSize, planDetail: null, shared: undefined }),
  };
  return async (database, date) => {
    const result = await runJob(database, { ...job, steps: [step] }, { date, zone: ZONE });
    if (result.outcome === 'failed') throw result.error;
  };
}

const request = (id: number, couponId: number, userId: number, minutes: number): OracleRequest => ({
  id: BigInt(id),
  couponId: BigInt(couponId),
  userId: BigInt(userId),
  requestedAt: at(minutes),
});

/** Coupons 1 and 3 fit into a chunk; 2 is a crowd. */
const coupons: CouponData = {
  coupons: [
    { id: 1n, quota: 1n, opensAt: at(0), closesAt: at(60) },
    { id: 2n, quota: 3n, opensAt: at(0), closesAt: at(60) },
    { id: 3n, quota: 2n, opensAt: at(0), closesAt: at(60) },
  ],
  requests: [
    ...[request(1, 1, 7, 10), request(2, 1, 8, 5), request(3, 1, 8, 70)],
    ...[2, 3, 4, 4, 5, 6, 7, 8, 9].map((user, n) => request(10 + n, 2, user, 20 + (n % 4) * 3)),
    ...[request(30, 3, 7, 1), request(31, 3, 9, 2), request(32, 3, 7, 3)],
  ],
};

async function prepareCoupons({ knex }: Database): Promise<void> {
  const rows = coupons.coupons.map((one) => ({
    id: Number(one.id),
    quota: Number(one.quota),
    opens_at: sqlTime(one.opensAt),
    closes_at: sqlTime(one.closesAt),
  }));
  await knex('coupon').insert(rows);
  await knex('coupon_request').insert(coupons.requests.map(requestRow));
}

function requestRow({ id, couponId, userId, requestedAt }: OracleRequest) {
  return {
    id: Number(id),
    coupon_id: Number(couponId),
    user_id: Number(userId),
    requested_at: sqlTime(requestedAt),
  };
}

async function couponPicture({ knex }: Database): Promise<unknown> {
  const told = new Map<string, string>();
  for (const { topic, payload } of await knex('settle_outbox').orderBy('id').select('topic', 'payload')) {
    const { requestId, reason } = JSON.parse(payload);
    told.set(requestId, `${topic} ${reason ?? ''}`);
  }
  return {
    issues: await knex('settle_coupon_issue')
      .orderBy(['coupon_id', 'place'])
      .select('coupon_id', 'user_id', 'place', 'request_id'),
    refusals: await knex('settle_coupon_refusal').orderBy('request_id').select('request_id', 'coupon_id', 'reason'),
    allocated: await knex('settle_coupon_allocation')
      .orderBy('coupon_id')
      .select('coupon_id', 'quota', 'requests', 'issued', 'refused', 'is_complete', 'digest'),
    // A request that is gone may have been told of before it was.
    told: [...told].filter(([id]) => id !== '10').sort(),
  };
}

interface Rival<Data> {
  readonly name: string;
  readonly write: (database: Database) => Promise<unknown>;
  /** The data as it leaves them. */
  readonly changed?: (before: Data) => Data;
}

const early = request(99, 2, 77, 1);
const earlier = request(98, 1, 79, 1);
const withRequest = (one: OracleRequest) => (before: CouponData) => ({
  ...before,
  requests: [...before.requests, one],
});
const couponRivals: readonly Rival<CouponData>[] = [
  {
    name: 'a request that is before all others of a crowd',
    write: ({ knex }) => knex('coupon_request').insert(requestRow(early)),
    changed: withRequest(early),
  },
  {
    name: 'a request that takes the only coupon',
    write: ({ knex }) => knex('coupon_request').insert(requestRow(earlier)),
    changed: withRequest(earlier),
  },
  {
    name: 'a larger quota of a crowd',
    write: ({ knex }) => knex('coupon').where({ id: 2 }).update({ quota: 5 }),
    changed: (before) => ({
      ...before,
      coupons: before.coupons.map((one) => (one.id === 2n ? { ...one, quota: 5n } : one)),
    }),
  },
  {
    name: 'a holder whose request is removed',
    write: ({ knex }) => knex('coupon_request').where({ id: 10 }).delete(),
  },
  {
    name: 'a request of a crowd that is moved to an earlier time',
    write: ({ knex }) =>
      knex('coupon_request')
        .where({ id: 18 })
        .update({ requested_at: sqlTime(at(1)) }),
    changed: (before) => ({
      ...before,
      requests: before.requests.map((one) => (one.id === 18n ? { ...one, requestedAt: at(1) } : one)),
    }),
  },
  {
    name: 'a coupon that closes before it was asked for',
    write: ({ knex }) =>
      knex('coupon')
        .where({ id: 3 })
        .update({ closes_at: sqlTime(at(2)) }),
    changed: (before) => ({
      ...before,
      coupons: before.coupons.map((one) => (one.id === 3n ? { ...one, closesAt: at(2) } : one)),
    }),
  },
];

const movement = (
  id: number,
  productId: number,
  kind: string,
  quantity: number,
  reservationId: string | null,
  minutes: number,
): OracleMovement => ({
  id: BigInt(id),
  productId: BigInt(productId),
  kind,
  quantity: BigInt(quantity),
  reservationId,
  happenedAt: at(minutes),
});
const DAY = 24 * 60;
const tonight = dayOf(1).date;

/** Before the first night; then what comes for the second, some of it late. */
const firstNight: readonly OracleMovement[] = [
  ...[movement(1, 1, 'receive', 20, null, 1), movement(2, 1, 'reserve', 5, 'a', DAY - 10)],
  ...[
    movement(3, 2, 'receive', 9, null, 2),
    movement(4, 2, 'reserve', 2, 'b', 30),
    movement(5, 2, 'confirm', 0, 'b', 40),
  ],
  movement(6, 3, 'receive', 6, null, 3),
];
const since: readonly OracleMovement[] = [
  ...[movement(7, 1, 'confirm', 0, 'a', DAY + 5), movement(8, 1, 'reserve', 1, 'c', DAY + 90)],
  ...[movement(9, 2, 'reserve', 1, 'late', 50), movement(10, 2, 'release', 0, 'late', 55)],
  ...[movement(11, 3, 'reserve', 6, 'd', DAY + 10), movement(12, 3, 'release', 0, 'zz', DAY + 11)],
  // Of the night after.
  movement(13, 2, 'receive', 1, null, 2 * DAY + 5),
];
const stock: StockData = { openings: new Map(), movements: [...firstNight, ...since] };

async function insertMovements({ knex }: Database, movements: readonly OracleMovement[]): Promise<void> {
  const rows = movements.map((one) => ({
    id: Number(one.id),
    product_id: Number(one.productId),
    kind: one.kind,
    quantity: Number(one.quantity),
    reservation_id: one.reservationId,
    happened_at: sqlTime(one.happenedAt),
  }));
  await knex('stock_movement').insert(rows);
}

async function stockPicture({ knex }: Database): Promise<unknown> {
  const units = ['received_units', 'adjusted_units', 'reserved_units', 'confirmed_units', 'released_units'];
  return {
    days: await knex('settle_stock_daily')
      .orderBy(['product_id', 'business_date'])
      .select('product_id', 'business_date', 'on_hand', 'reserved', ...units, 'timed_out_units', 'movements', 'digest'),
    reservations: await knex('settle_stock_reservation')
      .orderBy(['product_id', 'reservation_id'])
      .select('product_id', 'reservation_id', 'quantity', 'outcome', 'ended_at'),
    setAside: await knex('settle_stock_set_aside').orderBy('movement_id').select('movement_id', 'reason'),
    exceptions: await knex('settle_stock_exception').orderBy('product_id').select('product_id', 'movement_id'),
    heads: await knex('settle_stock_head').orderBy('product_id').select('product_id', 'through_date', 'through_end'),
  };
}

const settleNight = inProcess(stockSettlementJob, 'stock-settlement', 4, (context) => new StockPartition(context));
const withMovement = (one: OracleMovement) => ({
  write: (database: Database) => insertMovements(database, [one]),
  changed: (before: StockData) => ({ ...before, movements: [...before.movements, one] }),
});
const stockRivals: readonly Rival<StockData>[] = [
  { name: 'units that were received the day before', ...withMovement(movement(90, 1, 'receive', 3, null, 5)) },
  { name: 'a confirmation of today', ...withMovement(movement(91, 3, 'confirm', 0, 'd', DAY + 20)) },
  { name: 'an adjustment that leaves too few', ...withMovement(movement(92, 3, 'adjust', -5, null, DAY + 12)) },
  {
    name: 'a movement that is corrected',
    write: ({ knex }) => knex('stock_movement').where({ id: 3 }).update({ quantity: 12 }),
    changed: (before) => ({
      ...before,
      movements: before.movements.map((one) => (one.id === 3n ? { ...one, quantity: 12n } : one)),
    }),
  },
  {
    name: 'a movement that is removed',
    write: ({ knex }) => knex('stock_movement').where({ id: 8 }).delete(),
    changed: (before) => ({ ...before, movements: before.movements.filter(({ id }) => id !== 8n) }),
  },
  { name: 'the next night', write: (database) => settleNight(database, dayOf(2).date) },
];

describeRivals('first come, first served, and rivals', import.meta.url, ({ name, some, expectSerial: expectAt }) => {
  const expectSerial = async (rival: { readonly name: string }, rivalCase: RivalCase) =>
    await expectAt(rival.name, rivalCase, (points) => spread(name, points, 7));

  test.each(some(couponRivals))('coupons: $name', rivalTimeout, async (rival) => {
    const allocate = inProcess(couponAllocationJob, 'coupon-allocation', 4, (own) => new AllocationPartition(own));
    await expectSerial(rival, {
      prepare: prepareCoupons,
      run: (database) => allocate(database, DATE),
      rival: async (database) => void (await rival.write(database)),
      picture: couponPicture,
      checkSerial: async (database, order) => {
        if (order === 'before' && rival.changed) await expectCoupons(database, rival.changed(coupons));
        if (order === 'alone') await expectCoupons(database, coupons);
      },
    });
  });

  test.each(some(stockRivals))('stock: $name', rivalTimeout, async (rival) => {
    await expectSerial(rival, {
      prepare: async (database) => {
        await insertMovements(database, firstNight);
        await settleNight(database, DATE);
        await insertMovements(database, since);
      },
      run: (database) => settleNight(database, tonight),
      rival: async (database) => void (await rival.write(database)),
      picture: stockPicture,
      checkSerial: async (database, order) => {
        if (order === 'before' && rival.changed) await expectStock(database, rival.changed(stock), 1);
        if (order === 'alone') await expectStock(database, stock, 1);
      },
    });
  });
});
