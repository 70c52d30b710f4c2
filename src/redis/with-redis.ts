/**
 * A connection to Redis for one piece of work. Whatever the server does (away, stopped, loading, failing over), the work
 * ends within `totalMs`: nothing waits in a queue, no command is tried again, and each has its time limit.
 */
import type { Redis } from 'ioredis';
import { parseRedisUrl } from './redis-options.ts';

export interface RedisBounds {
  /** Until the connection stands. Default 2,000. */
  readonly connectMs?: number;
  /** For one command. Default 2,000. */
  readonly callMs?: number;
  /** For the whole work, connecting included. */
  readonly totalMs: number;
}

const CONNECT_MS = 2_000;
const CALL_MS = 2_000;

/** @throws whatever the client reports, or a time limit; never anything that repeats the URL */
export async function withRedis<T>(url: string, bounds: RedisBounds, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = await openRedis(url, bounds);
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, bounds.totalMs, new Error(`no end within ${bounds.totalMs} ms`));
  });
  const working = redis.connect().then(() => work(redis));
  // It is left behind where the limit comes first.
  working.catch(() => {});
  try {
    return await Promise.race([working, limit]);
  } catch (error) {
    // A call says that the connection is closed; why it is, the client has said before.
    const isClosed = error instanceof Error && /connection is closed/i.test(error.message);
    throw isClosed && reason !== undefined ? reason : error;
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

/** A client that is not connected yet, and does not connect again by itself. */
export async function openRedis(
  url: string,
  { connectMs = CONNECT_MS, callMs = CALL_MS }: Omit<RedisBounds, 'totalMs'>,
) {
  const options = parseRedisUrl(url);
  // Late: most starts need no Redis, and loading the client takes a tenth of a start.
  const { Redis } = await import('ioredis');
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: callMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Errors come back from the calls; without a listener ioredis prints them too.
  redis.on('error', () => {});
  return redis;
}
