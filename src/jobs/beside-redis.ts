/**
 * Work of a step that asks Redis and must not depend on it: when Redis is away, slow or refuses, the step completes with one
 * warning. Errors of anything else are errors of the step.
 */
import type { Redis } from 'ioredis';
import type { StepContext } from '../engine/step-context.ts';
import { redisUrl } from '../redis/cache-strategy.ts';
import { parseRedisUrl } from '../redis/redis-options.ts';
import { endTrouble, isInTrouble, noteTrouble } from '../redis/trouble.ts';
import { withRedis } from '../redis/with-redis.ts';

/** A comparison of tens of millions takes minutes; each call has the client's own bound of 2 s. */
const TOTAL_MS = 300_000;
/** Between the last call and the end of what the database is asked meanwhile. */
const GRACE_MS = 60_000;

export interface RedisSession {
  /** @throws RedisFailure, also when the whole has taken too long */
  ask<T>(call: (redis: Redis) => Promise<T>): Promise<T>;
}

/** What Redis reported, told apart from what the database did. */
export class RedisFailure extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message || cause.name : String(cause), { cause });
    this.name = 'RedisFailure';
  }
}

/**
 * Returns why the work was left; undefined when it was done, or when no Redis is configured (`work` is not called then).
 * @param what subject of the warning: `the promised coupons`
 */
export async function besideRedis(
  { logger, signal }: StepContext,
  what: string,
  work: (session: RedisSession) => Promise<void>,
): Promise<string | undefined> {
  const url = redisUrl();
  if (url === undefined) return undefined;
  parseRedisUrl(url);
  // A run that has told of it once is not heard twice.
  if (isInTrouble()) return 'Redis was in trouble a moment before';
  const untilMs = performance.now() + TOTAL_MS;
  let ours: { readonly error: unknown } | undefined;
  try {
    await withRedis(url, { totalMs: TOTAL_MS + GRACE_MS }, async (redis) => {
      const session: RedisSession = {
        async ask(call) {
          signal.throwIfAborted();
          if (performance.now() > untilMs) throw new RedisFailure(new Error(`no end within ${TOTAL_MS} ms`));
          return await call(redis).catch((error: unknown) => {
            throw new RedisFailure(error);
          });
        },
      };
      try {
        await work(session);
      } catch (error) {
        if (!(error instanceof RedisFailure)) ours = { error };
        throw error;
      }
    });
    endTrouble();
    return undefined;
  } catch (error) {
    if (ours !== undefined) throw ours.error;
    const reason = noteTrouble(error);
    logger.warn(`${what} are not compared with Redis: ${reason}. The run is complete; the next one compares`);
    return reason;
  }
}

/**
 * The results of a pipeline, each with the error of its own command (a key of another type).
 * @throws RedisFailure when the connection fails
 */
export async function pipelined(
  session: RedisSession,
  fill: (pipeline: ReturnType<Redis['pipeline']>) => void,
): Promise<readonly { readonly error?: string; readonly value: unknown }[]> {
  const results = await session.ask(async (redis) => {
    const pipeline = redis.pipeline();
    fill(pipeline);
    const all = (await pipeline.exec()) ?? [];
    const failed = all.find(([error]) => error !== null && !error.message.startsWith('WRONGTYPE'));
    if (failed !== undefined) throw failed[0];
    return all;
  });
  return results.map(([error, value]) => (error === null ? { value } : { error: error.message, value: undefined }));
}
