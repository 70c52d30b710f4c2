/**
 * A lock over processes and machines, in Redis. It is for doing a thing once at a time where twice does no harm: a holder
 * that is paused past its lease finds out when it wakes, not before. What must never happen twice checks the fencing number
 * where it writes, or takes a claim in the database.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { redisUrl } from './cache-strategy.ts';
import { LocalQueue } from './local-queue.ts';
import { freeLock, renewLock, takeLock } from './scripts/lock.ts';
import { runScript } from './scripts/run-script.ts';
import { openRedis } from './with-redis.ts';

export interface LockOptions {
  /** `redis://...`. Default: SETTLE_REDIS_URL. */
  readonly url?: string;
  /** For how long it is waited for, in milliseconds. Default 10,000. */
  readonly waitMs?: number;
  /** After so many milliseconds without a sign of the holder it is free. Default 10,000. */
  readonly leaseMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

export interface HeldLock {
  /** Grows with each holder: what is written with a lower one than the last that was seen comes from a holder that lost it. */
  readonly fence: number;
  /** Aborted when the lock is lost: another may hold it. */
  readonly signal: AbortSignal;
}

const WAIT_MS = 10_000;
const LEASE_MS = 10_000;
const CALL_MS = 1_000;
/** Between two looks: anything up to it, twice as much each time, up to the longest. */
const FIRST_LOOK_MS = 2;
const LOOK_MS_MAX = 64;
const FREE_TRIES = 3;

/** One connection a process, while somebody needs it. */
const connections = new Map<string, { readonly redis: Promise<Redis>; users: number }>();
const queues = new Map<string, LocalQueue>();
const processName = randomUUID();

/**
 * Does `work` while no other process or machine holds the lock of that name. Contenders of one process stand in line, so
 * that one of them asks Redis.
 * @param name what is locked; at most 200 characters
 * @returns what `work` returns
 * @throws SettleError: LOCK_NOT_TAKEN (exit 1) after `waitMs`, LOCK_LOST when it was lost before `work` had ended
 */
export async function withLock<T>(
  name: string,
  work: (lock: HeldLock) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { url = redisUrl(), waitMs = WAIT_MS, leaseMs = LEASE_MS, signal } = options;
  if (url === undefined) throw usageError('a lock needs Redis', 'set SETTLE_REDIS_URL to redis://HOST:PORT');
  if (name === '' || name.length > 200) throw usageError('a lock has a name of 1 to 200 characters');
  const deadlineMs = performance.now() + waitMs;
  const place = `${url} ${name}`;
  const queue = queues.get(place) ?? new LocalQueue();
  queues.set(place, queue);
  // Who waits keeps the connection open for all.
  return await withConnection(url, async (redis) => {
    const isOurs = await queue.enter(waitMs, signal);
    try {
      if (!isOurs) throw notTaken(name, waitMs, 'others of this process hold it');
      // Somebody else's turn, where this process has had many.
      if (queue.mustYield()) await sleep(Math.random() * LOOK_MS_MAX * 2);
      const held = await take(redis, name, { leaseMs, waitMs, deadlineMs, signal });
      try {
        return await whileHeld(redis, name, held, leaseMs, work);
      } finally {
        queue.noteFreed(await free(redis, name, held.token));
      }
    } finally {
      if (isOurs) queue.leave();
      if (queue.isEmpty) queues.delete(place);
    }
  });
}

interface Taken {
  readonly token: string;
  readonly fence: number;
  /** On this process's clock: until then nobody else can have it. */
  readonly untilMs: number;
}

interface TakeOptions {
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

async function take(redis: Redis, name: string, options: TakeOptions): Promise<Taken> {
  const token = randomUUID();
  try {
    return await lookUntilTaken(redis, name, token, options);
  } catch (error) {
    // An answer that was lost may have been that it is ours.
    await free(redis, name, token);
    throw error;
  }
}

/** Returns whether another process waits. Where Redis does not answer, the lease ends the lock. */
async function free(redis: Redis, name: string, token: string): Promise<boolean> {
  for (let tries = 0; tries < FREE_TRIES; tries++) {
    const keys = [lockKey(name), waiterKey(name)];
    const answer = await runScript(redis, freeLock, keys, [token, processName]).catch(() => undefined);
    if (answer !== undefined) return answer === 1;
    await sleep(Math.random() * LOOK_MS_MAX);
  }
  return false;
}

async function lookUntilTaken(
  redis: Redis,
  name: string,
  token: string,
  { leaseMs, waitMs, deadlineMs, signal }: TakeOptions,
): Promise<Taken> {
  const keys = [lockKey(name), `settle:lock:${name}:fence`, waiterKey(name)];
  let reason = 'it is held';
  for (let looks = 0; ; looks++) {
    signal?.throwIfAborted();
    const begunMs = performance.now();
    const answer = await runScript(redis, takeLock, keys, [token, leaseMs, processName, LOOK_MS_MAX * 4]).catch(
      (error: unknown) => {
        reason = error instanceof Error ? error.message : String(error);
        return undefined;
      },
    );
    const [fence, leftMs] = Array.isArray(answer) ? answer.map(Number) : [0, LOOK_MS_MAX];
    if (fence > 0) return { token, fence, untilMs: begunMs + leaseMs };
    const longestMs = Math.min(LOOK_MS_MAX, FIRST_LOOK_MS * 2 ** Math.min(looks, 10), leftMs);
    const pauseMs = Math.random() * longestMs;
    if (performance.now() + pauseMs > deadlineMs) throw notTaken(name, waitMs, reason);
    await sleep(pauseMs, undefined, { signal });
  }
}

async function whileHeld<T>(
  redis: Redis,
  name: string,
  { token, fence, untilMs }: Taken,
  leaseMs: number,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let heldUntilMs = untilMs;
  const lose = (reason: string) => {
    const message = `the lock ${name} is lost: ${reason}`;
    lost.abort(new SettleError('LOCK_LOST', ExitCode.failed, message, { hint: 'try again' }));
  };
  const renewing = setInterval(async () => {
    const begunMs = performance.now();
    const renewed = await runScript(redis, renewLock, [lockKey(name)], [token, leaseMs]).catch(() => undefined);
    if (renewed === 1) heldUntilMs = begunMs + leaseMs;
    else if (renewed === 0) lose('another may hold it');
  }, leaseMs / 3);
  const watching = setInterval(
    () => {
      if (performance.now() >= heldUntilMs) lose('Redis does not answer');
    },
    Math.min(50, leaseMs / 10),
  );
  try {
    const result = await work({ fence, signal: lost.signal });
    // A process that was paused hears of it before its timers do.
    if (performance.now() >= heldUntilMs) lose('it was held for too long without a sign');
    lost.signal.throwIfAborted();
    return result;
  } finally {
    clearInterval(renewing);
    clearInterval(watching);
  }
}

async function withConnection<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const found = connections.get(url);
  const connection = found ?? { redis: connect(url), users: 0 };
  connections.set(url, connection);
  connection.users++;
  try {
    return await work(await connection.redis);
  } finally {
    connection.users--;
    if (connection.users === 0 && connections.get(url) === connection) {
      connections.delete(url);
      await connection.redis.then((redis) => redis.disconnect()).catch(() => {});
    }
  }
}

async function connect(url: string): Promise<Redis> {
  const redis = await openRedis(url, { callMs: CALL_MS });
  // It comes back by itself: the holder renews, whoever waits asks again.
  redis.options.retryStrategy = (times) => Math.min(times * 20, LOOK_MS_MAX);
  await redis.connect().catch(() => {});
  return redis;
}

function notTaken(name: string, waitMs: number, reason: string): SettleError {
  return new SettleError(
    'LOCK_NOT_TAKEN',
    ExitCode.failed,
    `the lock ${name} was not free within ${waitMs} ms: ${reason}`,
    {
      hint: 'try again later, or wait for longer',
    },
  );
}

const lockKey = (name: string) => `settle:lock:${name}`;
const waiterKey = (name: string) => `settle:lock:${name}:waiter`;
