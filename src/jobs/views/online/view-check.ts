/**
 * The online check: `SET key NX GET PX 30000` for each pair of viewer and video, a pipeline for many views. A Redis that
 * does not answer within 100 ms is passed by, and after a few such failures is not asked for a while.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import { Breaker } from '../../../redis/breaker.ts';
import { openRedis } from '../../../redis/with-redis.ts';
import {
  type ArrivedView,
  decideOnline,
  firstOfPairs,
  type OnlineWindow,
  parseWindow,
  windowText,
} from '../rules/online-windows.ts';
import { defaultViewPolicy } from '../rules/verdict.ts';

/** For one round trip. */
const ANSWER_MS = 100;
/** Of one round trip: in a long pipeline this process itself takes most of the time. */
const PAIRS_MAX = 1_000;
const BREAKER = { failuresMax: 3, firstWaitMs: 500, waitMsMax: 5_000 } as const;
const RECONNECT_MS_MAX = 1_000;
const WINDOW_MS = defaultViewPolicy.repeatWindowMs;

export interface ViewCheck {
  /** Whether each view is counted now; undefined when nobody can say. Never rejects. */
  check(views: readonly ArrivedView[]): Promise<readonly boolean[] | undefined>;
  close(): void;
}

/** Where no Redis is configured. */
export const noViewCheck: ViewCheck = { check: async () => undefined, close() {} };

export class RedisViewCheck implements ViewCheck {
  readonly #redis: Redis;
  readonly #breaker = new Breaker(BREAKER);

  /** @throws SettleError (exit 2) for what is no URL of a Redis */
  static async open(url: string): Promise<RedisViewCheck> {
    const redis = await openRedis(url, { connectMs: 1_000, callMs: undefined });
    // A service lives longer than a connection.
    redis.options.retryStrategy = (times) => Math.min(times * 50, RECONNECT_MS_MAX);
    // One deadline for a pipeline: a timer for each of its commands costs more than the commands.
    redis.options.commandTimeout = undefined;
    await within(ANSWER_MS, redis.connect()).catch(() => {});
    return new RedisViewCheck(redis);
  }

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  async check(views: readonly ArrivedView[]): Promise<readonly boolean[] | undefined> {
    if (views.length === 0) return [];
    if (!this.#breaker.allows()) return undefined;
    try {
      const held = await this.#takeWindows(firstOfPairs(views));
      const { isCounted, changed } = decideOnline(views, held, WINDOW_MS);
      if (changed.size > 0) await this.#moveWindows(changed);
      this.#breaker.succeed();
      return isCounted;
    } catch {
      this.#breaker.fail();
      // What is on its way is of no use any more, and would be waited for by what comes after.
      if (this.#redis.status === 'ready') this.#redis.disconnect(true);
      return undefined;
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #takeWindows(views: readonly ArrivedView[]): Promise<Map<string, OnlineWindow | undefined>> {
    const held = new Map<string, OnlineWindow | undefined>();
    for (let from = 0; from < views.length; from += PAIRS_MAX) {
      const some = views.slice(from, from + PAIRS_MAX);
      const pipeline = this.#redis.pipeline();
      for (const view of some) pipeline.set(keyOf(view.pair), windowText(view), 'PX', WINDOW_MS, 'NX', 'GET');
      for (const [at, answer] of (await execute(pipeline)).entries()) {
        held.set(some[at].pair, typeof answer === 'string' ? parseWindow(answer) : undefined);
      }
    }
    return held;
  }

  /** Of pairs whose key is younger than their window: views that are posted late, many of a pair at once. */
  async #moveWindows(windows: ReadonlyMap<string, OnlineWindow>): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const [pair, window] of windows) pipeline.set(keyOf(pair), windowText(window), 'PX', WINDOW_MS);
    await execute(pipeline);
  }
}

function keyOf(pair: string): string {
  return `settle:view:${pair}`;
}

/** @throws the first error of a command, or when there is no answer in time */
async function execute(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await within(ANSWER_MS, pipeline.exec())) ?? [];
  return results.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // An answer that came while this process was busy is read in this turn: it is in time.
    timer = setTimeout(() => void turn().then(() => reject(new Error(`no answer within ${ms} ms`))), ms);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
