/**
 * Step `compare-stock`: the counters `stock:PRODUCT` in Redis (available units) beside what is available by the database at
 * the same time. A difference counts when it is still the same a second later: a sale may be in the one and not yet in the
 * other. Differences are stored with the run; with `repair` a counter is set, if it still holds what was seen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { runScript } from '../../../redis/scripts/run-script.ts';
import { setCounters } from '../../../redis/scripts/set-counters.ts';
import { besideRedis, type RedisSession } from '../../beside-redis.ts';
import { COUNTERS_COMPARED, wantsRepair } from '../../redis-comparison.ts';
import { compareCounter } from '../rules/counter.ts';
import type { StockTerms } from '../settlement/read-products.ts';
import { readProductIds } from '../settlement/stock-store.ts';
import { stockTerms } from '../settlement/stock-terms.ts';
import { comparedAt, readAvailable } from './available-now.ts';
import { type CounterDifference, dropDifferences, pageDifferences, putDifferences } from './difference-store.ts';

const PAGE_PRODUCTS = 500;
const SECOND_LOOK_MS = 1_000;
const ID_MIN = -(2n ** 63n);
const ID_MAX = 2n ** 63n - 1n;
/** Characters of settle_stock_difference.counter; a number has 20. */
const COUNTER_LENGTH_MAX = 190;

interface Totals {
  compared: number;
  differing: number;
  missing: number;
  moving: number;
  oversold: number;
  repaired: number;
}

export async function compareCounters(context: StepContext): Promise<Partial<StepCounts>> {
  const totals: Totals = { compared: 0, differing: 0, missing: 0, moving: 0, oversold: 0, repaired: 0 };
  let isAsked = false;
  const problem = await besideRedis(context, 'the stock counters', async (session) => {
    isAsked = true;
    // Again from the start after an error of the database.
    Object.assign(totals, { compared: 0, differing: 0, missing: 0, moving: 0, oversold: 0, repaired: 0 });
    const terms = stockTerms(context.parameters, context.jobExecutionId);
    if (await look(context, session, terms, totals)) {
      await sleep(SECOND_LOOK_MS, undefined, { signal: context.signal });
      await lookAgain(context, session, terms, totals);
    }
  });
  if (!isAsked && problem === undefined) return {};
  context.jobContext.put(COUNTERS_COMPARED, { ...totals, ...(problem === undefined ? {} : { problem }) });
  if (totals.differing > 0) {
    context.logger.warn(
      `${totals.differing} stock counters in Redis differ from what is available, ${totals.repaired} are set right: \`settle differences ${context.jobExecutionId}\``,
    );
  }
  return { readCount: totals.compared, writeCount: totals.repaired };
}

/** Stores what differs at a first look. Returns whether anything does. */
async function look(
  { database, jobExecutionId, parameters, transaction, signal }: StepContext,
  session: RedisSession,
  dateTerms: StockTerms,
  totals: Totals,
): Promise<boolean> {
  const isRepairing = wantsRepair(parameters);
  let isAny = false;
  for (let fromId = ID_MIN; ; ) {
    signal.throwIfAborted();
    const ids = await readProductIds(database.knex, fromId, ID_MAX, PAGE_PRODUCTS);
    const last = ids.at(-1);
    if (last === undefined) return isAny;
    const { differences: all, oversold } = await compare(session, database, dateTerms, ids);
    totals.compared += ids.length - oversold;
    totals.oversold += oversold;
    // Where no counter of a page is there, nobody keeps them, or Redis has lost them: a number is enough.
    const isKept = isRepairing || all.some(({ kind }) => kind !== 'missing') || all.length < ids.length - oversold;
    const differences = isKept ? all : [];
    totals.missing += all.length - differences.length;
    isAny ||= differences.length > 0;
    await transaction((tx) => putDifferences(database, tx, jobExecutionId, differences));
    if (ids.length < PAGE_PRODUCTS || last === ID_MAX) return isAny;
    fromId = last + 1n;
  }
}

/** Drops what has come right by itself, and sets right what is still as it was seen. */
async function lookAgain(
  context: StepContext,
  session: RedisSession,
  dateTerms: StockTerms,
  totals: Totals,
): Promise<void> {
  const { database, jobExecutionId, transaction, parameters, signal } = context;
  const isRepairing = wantsRepair(parameters);
  for (let after: bigint | undefined; ; ) {
    signal.throwIfAborted();
    const page = await pageDifferences(database.knex, jobExecutionId, after, PAGE_PRODUCTS);
    after = page.at(-1)?.productId;
    if (after === undefined) return;
    // What was set right before an error of the database had the step begin anew stays on the list.
    const before = page.filter(({ isRepaired }) => !isRepaired);
    totals.differing += page.length - before.length;
    totals.repaired += page.length - before.length;
    if (before.length === 0) continue;
    const ids = before.map(({ productId }) => productId);
    const { differences } = await compare(session, database, dateTerms, ids);
    const now = new Map(differences.map((one) => [one.productId, one]));
    const still = before.flatMap((one) => {
      const again = now.get(one.productId);
      if (again === undefined) return [];
      const isSame = again.counter === one.counter && again.available === one.available;
      return [isSame ? one : { ...again, kind: 'moving' as const }];
    });
    const done = isRepairing ? await repair(session, still) : still;
    await transaction(async (tx) => {
      await dropDifferences(
        tx,
        jobExecutionId,
        ids.filter((id) => !now.has(id)),
      );
      await putDifferences(database, tx, jobExecutionId, done);
    });
    for (const { kind, isRepaired } of done) {
      totals.differing++;
      if (kind === 'missing') totals.missing++;
      if (kind === 'moving') totals.moving++;
      if (isRepaired) totals.repaired++;
    }
  }
}

async function compare(
  session: RedisSession,
  database: StepContext['database'],
  dateTerms: StockTerms,
  ids: readonly bigint[],
): Promise<{ readonly differences: readonly CounterDifference[]; readonly oversold: number }> {
  const counters = await session.ask((redis) => redis.mget(ids.map(counterKey)));
  const available = await readAvailable(database, await comparedAt(database, dateTerms), ids);
  const differences: CounterDifference[] = [];
  for (const [at, productId] of ids.entries()) {
    const units = available.get(productId);
    if (units === undefined) continue;
    const kind = compareCounter(counters[at], units);
    const counter = counters[at]?.slice(0, COUNTER_LENGTH_MAX) ?? null;
    if (kind !== undefined) differences.push({ productId, counter, available: units, kind, isRepaired: false });
  }
  return { differences, oversold: ids.length - available.size };
}

async function repair(session: RedisSession, all: readonly CounterDifference[]): Promise<readonly CounterDifference[]> {
  const quiet = all.filter(({ kind }) => kind !== 'moving');
  if (quiet.length === 0) return all;
  const keys = quiet.map(({ productId }) => counterKey(productId));
  const values = quiet.flatMap(({ counter, available }) => [counter === null ? 0 : 1, counter ?? '', available]);
  const answer = await session.ask((redis) => runScript(redis, setCounters, keys, values));
  const isSet = new Map(quiet.map(({ productId }, at) => [productId, Array.isArray(answer) && answer[at] === 1]));
  return all.map((one) => {
    const done = isSet.get(one.productId);
    if (done === undefined) return one;
    return done ? { ...one, isRepaired: true } : { ...one, kind: 'moving' };
  });
}

function counterKey(productId: bigint): string {
  return `stock:${productId}`;
}
